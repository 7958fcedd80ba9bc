/**
 * The files of a stream's directory by what they are, changing nothing.
 *
 * Looks at the directory as opening the stream would leave it: a prepared file in which batches lie is a
 * segment, and a repair that was interrupted counts as carried out.
 */
import {
  BATCH_LENGTH_AT,
  decodeSegmentHeader,
  FormatError,
  parseIndexFileName,
  parseSegmentFileName,
  SEGMENT_HEADER_BYTES,
  segmentFileName,
} from '@tailrace/format'
import { TORN_FILE_SUFFIX } from '../log/segment-files.js'
import type { PendingRepair } from '../log/stream-metadata.js'
import { PREPARED_FILE_SUFFIX } from '../segments/segment-preparer.js'
import type { StorageEntry } from '../storage/storage-port.js'
import type { FileSource } from './file-source.js'
import { DAMAGED_FILE_SUFFIX, READY_FILE_SUFFIX } from './repair-files.js'

/** A segment file. */
export interface SegmentPlace {
  /** The name that it has or is to have. */
  readonly fileName: string
  /** The name under which it lies in the directory now. */
  readonly nameNow: string
  readonly baseOffset: number
  readonly sizeBytes: number
}

/** What lies in a stream's directory. */
export interface StreamFiles {
  /** In order of offset. */
  readonly segments: readonly SegmentPlace[]
  /** Index files by base offset: the names under which they lie there now. */
  readonly indexes: ReadonlyMap<number, string>
  /** Files with bytes that recovery or a repair took out of the log. */
  readonly evidence: readonly string[]
  /** Files that a repair left and nobody uses. */
  readonly leftovers: readonly string[]
  /** Files that do not belong here. */
  readonly foreign: readonly string[]
  /** Every name in the directory. */
  readonly names: ReadonlySet<string>
}

const METADATA_FILES = new Set(['stream.meta', 'producers.snapshot', 'cursors'])

/** Sorts the directory's files out; undefined when it does not exist. @throws {StorageError} IO_ERROR. */
export async function streamFiles(
  source: FileSource,
  directory: string,
  repair: PendingRepair | undefined,
): Promise<StreamFiles | undefined> {
  const entries = await source.list(directory)
  if (entries === undefined) return undefined
  const now = effectiveEntries(entries, repair)
  const names = new Set(entries.map(({ name }) => name))
  const segments: SegmentPlace[] = []
  const indexes = new Map<number, string>()
  const other: Record<'evidence' | 'leftovers' | 'foreign', string[]> = {
    evidence: [],
    leftovers: [],
    foreign: [],
  }
  for (const { name, nameNow, sizeBytes } of now) {
    const baseOffset = parseSegmentFileName(name)
    const indexed = parseIndexFileName(name)
    if (baseOffset !== undefined) segments.push({ fileName: name, nameNow, baseOffset, sizeBytes })
    else if (indexed !== undefined) indexes.set(indexed, nameNow)
    else if (name.endsWith(PREPARED_FILE_SUFFIX)) {
      const inUse = await segmentInUse(source, directory, { name, sizeBytes, names })
      if (inUse !== undefined) segments.push(inUse)
    } else {
      const kind = kindOf(name)
      if (kind !== undefined) other[kind].push(name)
    }
  }
  segments.sort((left, right) => left.baseOffset - right.baseOffset)
  return { segments, indexes, ...other, names }
}

function kindOf(name: string): 'evidence' | 'leftovers' | 'foreign' | undefined {
  if (METADATA_FILES.has(name) || name.endsWith('.tmp')) return undefined
  if (name.endsWith(TORN_FILE_SUFFIX) || name.endsWith(DAMAGED_FILE_SUFFIX)) return 'evidence'
  return name.endsWith(READY_FILE_SUFFIX) ? 'leftovers' : 'foreign'
}

interface EffectiveEntry {
  /** The name that the file is to have. */
  readonly name: string
  readonly nameNow: string
  readonly sizeBytes: number
}

/** The entries as `finishRepair` would leave them. */
function effectiveEntries(
  entries: readonly StorageEntry[],
  repair: PendingRepair | undefined,
): EffectiveEntry[] {
  const names = new Set(entries.map(({ name }) => name))
  const isWaiting = (name: string): boolean =>
    repair?.put.includes(name) === true && names.has(name + READY_FILE_SUFFIX)
  const moved = new Map(repair?.aside.map(({ from, to }) => [from, to]))
  return entries
    .filter(({ name }) => !isStaleIndex(name, repair, isWaiting))
    .map(({ name, sizeBytes }) => {
      const target = name.endsWith(READY_FILE_SUFFIX)
        ? name.slice(0, -READY_FILE_SUFFIX.length)
        : ''
      if (isWaiting(target)) return { name: target, nameNow: name, sizeBytes }
      const isOriginal = isWaiting(name) || repair?.put.includes(name) === false
      const aside = isOriginal ? moved.get(name) : undefined
      return { name: aside ?? name, nameNow: name, sizeBytes }
    })
}

/** The index of an original that is about to be moved aside. */
function isStaleIndex(
  name: string,
  repair: PendingRepair | undefined,
  isWaiting: (name: string) => boolean,
): boolean {
  const baseOffset = parseIndexFileName(name)
  if (baseOffset === undefined || repair === undefined) return false
  const segment = segmentFileName(baseOffset)
  const isMoved = repair.aside.some(({ from }) => from === segment)
  return isWaiting(name) || (isMoved && (isWaiting(segment) || !repair.put.includes(segment)))
}

/** A prepared file whose roll was interrupted before it got its name. */
async function segmentInUse(
  source: FileSource,
  directory: string,
  file: {
    readonly name: string
    readonly sizeBytes: number
    readonly names: ReadonlySet<string>
  },
): Promise<SegmentPlace | undefined> {
  const { name: nameNow, sizeBytes, names } = file
  const opened = await source.open(`${directory}/${nameNow}`)
  if (opened === undefined) return undefined
  try {
    const bytes = new Uint8Array(SEGMENT_HEADER_BYTES + 8)
    const count = await opened.read(bytes, 0)
    const { baseOffset } = decodeSegmentHeader(bytes.subarray(0, count))
    const fileName = segmentFileName(baseOffset)
    const commitWord = new DataView(bytes.buffer).getUint32(
      SEGMENT_HEADER_BYTES + BATCH_LENGTH_AT,
      true,
    )
    if (commitWord === 0 || names.has(fileName)) return undefined
    return { fileName, nameNow, baseOffset, sizeBytes }
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  } finally {
    await opened.close()
  }
}
