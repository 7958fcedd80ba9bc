/**
 * Puts the files of a stream's directory in order before they are scanned.
 *
 * A segment whose roll was interrupted may still bear its prepared name: if batches lie in it, it gets
 * its own name; if not, nothing of it was ever visible and it goes. Temporary files
 * go too. Segments that retention had given up stay until recovery has found a log behind them.
 */
import {
  decodeSegmentHeader,
  indexFileName,
  parseSegmentFileName,
  SEGMENT_HEADER_BYTES,
  segmentFileName,
  TailraceError,
} from '@tailrace/format'
import { isEndOfData } from '../segments/scan.js'
import { SegmentBytes } from '../segments/segment-bytes.js'
import { PREPARED_FILE_SUFFIX } from '../segments/segment-preparer.js'
import type { Storage, StorageEntry } from '../storage/storage-port.js'

/** Ending of the names of files that hold what a recovery cut off. */
export const TORN_FILE_SUFFIX = '.torn'

/** A segment file as the directory shows it. */
export interface SegmentFileEntry {
  readonly fileName: string
  readonly baseOffset: number
  readonly sizeBytes: number
  /** False when the segment was not yet cut to size when the process ended. */
  readonly hasIndex: boolean
  /** Position behind the torn tails that were cut off it, as their evidence says; 0 without. */
  readonly tornEnd: number
}

/** The segment files in order of base offset, after clearing up. */
export async function collectSegmentFiles(
  storage: Storage,
  directory: string,
): Promise<SegmentFileEntry[]> {
  const found = await filesIn(storage, directory)
  const isChanged = await clearUp(storage, directory, found)
  const entries = isChanged ? await filesIn(storage, directory) : found
  const names = new Set(entries.map((entry) => entry.name))
  const evidence = entries.filter(({ name }) => name.endsWith(TORN_FILE_SUFFIX))
  const segments: SegmentFileEntry[] = []
  for (const { name, sizeBytes } of entries) {
    const baseOffset = parseSegmentFileName(name)
    if (baseOffset === undefined) continue
    const hasIndex = names.has(indexFileName(baseOffset))
    const tornEnd = tornEndOf(name, evidence)
    segments.push({ fileName: name, baseOffset, sizeBytes, hasIndex, tornEnd })
  }
  return segments.sort((left, right) => left.baseOffset - right.baseOffset)
}

/** Whoever else put a directory here has reasons of their own. */
async function filesIn(storage: Storage, directory: string): Promise<StorageEntry[]> {
  return (await storage.list(directory)).filter(({ isDirectory }) => !isDirectory)
}

/** Returns whether anything was to be done. */
async function clearUp(
  storage: Storage,
  directory: string,
  entries: readonly StorageEntry[],
): Promise<boolean> {
  const isLeftover = ({ name }: StorageEntry): boolean =>
    name.endsWith('.tmp') || name.endsWith(PREPARED_FILE_SUFFIX)
  const leftovers = entries.filter(isLeftover)
  const names = new Set(entries.map((entry) => entry.name))
  for (const { name } of leftovers) {
    const path = `${directory}/${name}`
    if (name.endsWith('.tmp')) await storage.remove(path)
    if (!name.endsWith(PREPARED_FILE_SUFFIX)) continue
    const baseOffset = baseOffsetInUse(storage, path)
    if (baseOffset === undefined) {
      await storage.remove(path)
      continue
    }
    // A segment without a batch gives way: a first batch that is too large for it goes to its successor.
    const segment = segmentFileName(baseOffset)
    const named = `${directory}/${segment}`
    const isTaken = names.has(segment) && baseOffsetInUse(storage, named) !== undefined
    await storage.rename(path, isTaken ? `${path}${TORN_FILE_SUFFIX}` : named)
    names.add(segment)
    await storage.syncDirectory(directory)
  }
  return leftovers.length > 0
}

/** The base offset of the segment in a file; undefined when no batch is in it. */
function baseOffsetInUse(storage: Storage, path: string): number | undefined {
  const file = storage.open(path, 'read')
  try {
    const header = decodeSegmentHeader(file.bytes)
    const isEmpty = isEndOfData(new SegmentBytes(file), SEGMENT_HEADER_BYTES)
    return isEmpty ? undefined : header.baseOffset
  } catch (error) {
    if (TailraceError.is(error)) return undefined
    throw error
  } finally {
    file.close()
  }
}

/** Evidence is named `<segment>-<position>.torn`. */
function tornEndOf(fileName: string, evidence: readonly StorageEntry[]): number {
  const ends = evidence
    .filter(({ name }) => name.startsWith(`${fileName}-`))
    .map(({ name, sizeBytes }) => Number.parseInt(name.slice(fileName.length + 1), 10) + sizeBytes)
  return Math.max(0, ...ends)
}

/** Removes a segment and its sidecar. */
export async function removeSegmentFiles(
  storage: Storage,
  directory: string,
  baseOffset: number,
): Promise<void> {
  await storage.remove(`${directory}/${segmentFileName(baseOffset)}`)
  await storage.remove(`${directory}/${indexFileName(baseOffset)}`)
}
