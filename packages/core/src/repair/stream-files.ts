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
import { CHECKPOINT_FILE } from '../log/checkpoint.js'
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

/** Where a stream lies. */
interface StreamDirectory {
  readonly source: FileSource
  readonly directory: string
}

const METADATA_FILES = new Set(['stream.meta', 'producers.snapshot', 'cursors', CHECKPOINT_FILE])

/**
 * Sorts the directory's files out; undefined when it does not exist.
 *
 * Beside a writer, every segment that was there before the call, though a roll may give one its name at
 * the very moment: it is then found under neither. A second listing shows it: names are given in order, and kept.
 *
 * @throws {StorageError} IO_ERROR.
 */
export async function streamFiles(
  source: FileSource,
  directory: string,
  repair: PendingRepair | undefined,
): Promise<StreamFiles | undefined> {
  const entries = await source.list(directory)
  if (entries === undefined) return undefined
  const inUse = await segmentsInUse({ source, directory }, effectiveEntries(entries, repair))
  const later = await source.list(directory)
  if (later === undefined) return undefined
  const both = new Map([...entries, ...later].map((entry) => [entry.name, entry]))
  return sortOut(effectiveEntries([...both.values()], repair), inUse, new Set(both.keys()))
}

function sortOut(
  now: readonly EffectiveEntry[],
  inUse: readonly SegmentPlace[],
  names: ReadonlySet<string>,
): StreamFiles {
  const segments = new Map<string, SegmentPlace>()
  const indexes = new Map<number, string>()
  const other: Record<'evidence' | 'leftovers' | 'foreign', string[]> = {
    evidence: [],
    leftovers: [],
    foreign: [],
  }
  for (const { name, nameNow, sizeBytes } of now) {
    const baseOffset = parseSegmentFileName(name)
    const indexed = parseIndexFileName(name)
    if (baseOffset !== undefined) {
      segments.set(name, { fileName: name, nameNow, baseOffset, sizeBytes })
    } else if (indexed !== undefined) indexes.set(indexed, nameNow)
    else if (!name.endsWith(PREPARED_FILE_SUFFIX)) {
      const kind = kindOf(name)
      if (kind !== undefined) other[kind].push(name)
    }
  }
  for (const place of inUse) segments.set(place.fileName, place)
  const inOrder = [...segments.values()].sort((left, right) => left.baseOffset - right.baseOffset)
  return { segments: inOrder, indexes, ...other, names }
}

/**
 * Prepared files in which batches lie. The last is looked at first: a writer puts one to use after the
 * other, and none is to be found without those before.
 */
async function segmentsInUse(
  stream: StreamDirectory,
  entries: readonly EffectiveEntry[],
): Promise<SegmentPlace[]> {
  const names = new Set(entries.map(({ nameNow }) => nameNow))
  const prepared = entries
    .filter(({ name }) => name.endsWith(PREPARED_FILE_SUFFIX))
    .sort((left, right) => right.name.localeCompare(left.name, 'en', { numeric: true }))
  const found: SegmentPlace[] = []
  for (const { name, sizeBytes } of prepared) {
    const inUse = await segmentInUse(stream, { name, sizeBytes, names })
    if (inUse !== undefined) found.push(inUse)
  }
  return found
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

/**
 * A prepared file whose roll was interrupted before it got its name. It may be to take the place of a
 * segment that was too small for its first batch; one that has a batch keeps its name.
 */
async function segmentInUse(
  stream: StreamDirectory,
  file: {
    readonly name: string
    readonly sizeBytes: number
    readonly names: ReadonlySet<string>
  },
): Promise<SegmentPlace | undefined> {
  const { name: nameNow, sizeBytes, names } = file
  const baseOffset = await baseOffsetInUse(stream, nameNow)
  if (baseOffset === undefined) return undefined
  const fileName = segmentFileName(baseOffset)
  const isTaken = names.has(fileName) && (await baseOffsetInUse(stream, fileName)) !== undefined
  return isTaken ? undefined : { fileName, nameNow, baseOffset, sizeBytes }
}

/** The base offset of the segment in a file; undefined when no batch is in it. */
async function baseOffsetInUse(
  { source, directory }: StreamDirectory,
  name: string,
): Promise<number | undefined> {
  const opened = await source.open(`${directory}/${name}`)
  // Removed, or a segment under its name by now, which the next listing shows.
  if (opened === undefined) return undefined
  try {
    const bytes = new Uint8Array(SEGMENT_HEADER_BYTES + 8)
    const count = await opened.read(bytes, 0)
    const { baseOffset } = decodeSegmentHeader(bytes.subarray(0, count))
    const view = new DataView(bytes.buffer)
    const commitWord = view.getUint32(SEGMENT_HEADER_BYTES + BATCH_LENGTH_AT, true)
    return commitWord === 0 ? undefined : baseOffset
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  } finally {
    await opened.close()
  }
}
