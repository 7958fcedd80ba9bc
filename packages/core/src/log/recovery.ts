/**
 * Recovery: finds the end of the log after whatever happened, and makes it safe to append there.
 *
 * Only what lies behind the recovery point is scanned whole, as far as the log may have been written
 * behind it; the headers before it from the last checkpoint on. Invalid bytes behind it are a torn tail:
 * nothing there was known to be durable, so the bytes are kept as evidence and cut off, with any
 * segment behind them. Invalid bytes before it are damage: the log opens read-only up to them. Every
 * step may be interrupted; running it again goes on from what it finds (docs/adr/0005).
 */
import {
  BATCH_ALIGNMENT_BYTES,
  decodeSegmentHeader,
  END_MARKER_BYTES,
  hasDamagedRecoveryPoint,
  indexFileName,
  readRecoveryPoint,
  SEGMENT_HEADER_BYTES,
  TailraceError,
} from '@tailrace/format'
import type { BatchView } from '@tailrace/format'
import { scanBatches } from '../segments/scan.js'
import type { ScanEnd } from '../segments/scan.js'
import { SegmentBytes } from '../segments/segment-bytes.js'
import type { ActiveMappings } from '../segments/active-mappings.js'
import type { MappingCache } from '../segments/mapping-cache.js'
import { emptyExtent, noteBatch, Segment } from '../segments/segment.js'
import type { SegmentExtent, SegmentLoader } from '../segments/segment.js'
import type { Storage, StorageFile } from '../storage/storage-port.js'
import { agreedExtent, checkpointWalk } from './checkpoint.js'
import type { Checkpoint } from './checkpoint.js'
import { isContinued } from './gap.js'
import type { Gap } from './gap.js'
import { endsBefore } from './known-end.js'
import type { Damage, RecoveryReport, TornTail } from './recovery-report.js'
import type { SegmentFileEntry } from './segment-files.js'
import { cutTornTail, endOfNonZero, freeEvidenceName, laterBatch } from './torn-tail.js'

/** What recovery works on. */
export interface RecoveryOptions {
  readonly storage: Storage
  readonly directory: string
  /** A segment that names another one was copied here by mistake. */
  readonly streamId: string
  /** From `collectSegmentFiles`; at least one. */
  readonly files: readonly SegmentFileEntry[]
  /** Ranges whose records a repair gave up: there the log goes on behind a hole. */
  readonly gaps: readonly Gap[]
  /** The log was durable up to here, whatever the segments say: `knownEnd`. */
  readonly knownEnd: number
  /** The last one that was stored; undefined where there is none. */
  readonly checkpoint: Checkpoint | undefined
  /** The stream was written at most this far behind a durable recovery point in the header. */
  readonly unsyncedBytesMax: number
  /** For the report: names are added to it when segments are opened, also later. */
  readonly rebuilt: readonly string[]
  readonly loader: SegmentLoader
  readonly cache: MappingCache
  readonly activeMappings: ActiveMappings
}

/** The log as recovery leaves it. */
export interface RecoveredLog {
  /** In order; the last is active. */
  readonly segments: readonly Segment[]
  /** Sealed and durable segments that the crash kept from being cut to size. */
  readonly uncut: readonly Segment[]
  /** True when batches that a reader may have seen in `relaxed` mode are gone. */
  readonly hasLostBatches: boolean
  /** Position in the active segment up to which the last checkpoint reaches; behind the header without. */
  readonly checkpointPosition: number
  readonly report: RecoveryReport
}

/** One segment after its scan. */
interface ScannedSegment {
  readonly entry: SegmentFileEntry
  readonly contents: SegmentBytes
  readonly extent: SegmentExtent
  readonly end: ScanEnd
  /** The header could not be read; nothing behind it was scanned. */
  readonly isUnreadable: boolean
  /** Where the scan began: what lies before is as the checkpoint says. */
  readonly checkpointPosition: number
  /** Behind it nothing was ever written. */
  readonly reach: number
}

/** Where recovery begins. */
interface RecoveryStart {
  /** Of the segment, among the files. */
  readonly index: number
  /** Up to where the segment is known to be durable; 0 when it has no recovery point. */
  readonly durablePosition: number
}

/** Scans, cuts, and returns the log ready for use. @throws {StorageError} IO_ERROR, NO_SPACE: nothing stays open. */
export async function recoverLog(options: RecoveryOptions): Promise<RecoveredLog> {
  const from = await findRecoveryPoint(options)
  const scanned: ScannedSegment[] = []
  try {
    await scanFrom(options, from, scanned)
    return await settleScanned(options, from, scanned)
  } catch (error) {
    for (const { contents } of scanned) contents.file.close()
    throw error
  }
}

/** Scans up to where the log ends, and adds what it opens to `scanned` one by one. */
async function scanFrom(
  options: RecoveryOptions,
  from: RecoveryStart,
  scanned: ScannedSegment[],
): Promise<void> {
  for (const entry of options.files.slice(from.index)) {
    const previous = scanned.at(-1)
    if (previous !== undefined && !continuesAt(options, previous, entry)) break
    const isFirst = scanned.length === 0
    const segment = await scanSegment(options, entry, isFirst ? from.durablePosition : 0)
    // A new segment whose header never reached the disk holds nothing durable: it is moved aside.
    if (segment.isUnreadable && !isFirst && !hasDamagedHeader(segment)) {
      segment.contents.file.close()
      break
    }
    scanned.push(segment)
  }
}

/** Cuts what lies behind the last valid batch, and makes durable what is before. */
async function settleScanned(
  options: RecoveryOptions,
  from: RecoveryStart,
  scanned: readonly ScannedSegment[],
): Promise<RecoveredLog> {
  const { files } = options
  const last = scanned.at(-1)
  if (last === undefined) throw new Error('recovery scans at least one segment')
  const damage =
    damageBelow(last, scanned.length === 1 ? from.durablePosition : 0) ??
    damageBehind(options, last)
  if (damage !== undefined) return readOnlyLog(options, { from, scanned, damage })
  const hasLaterBatch = laterBatchOf(last) !== undefined
  const orphans = files.slice(from.index + scanned.length)
  const { tornTail, tornEnd } = await cutBehind(options, last, orphans)
  const live = scanned.map((segment) =>
    activeSegment(options, segment, segment === last ? tornEnd : 0),
  )
  // What is found may be in the page cache only: from here on it counts as durable.
  const { durablePosition } = from
  const isAllDurable = live.length === 1 && last.end.position === durablePosition
  try {
    for (const [at, segment] of isAllDurable ? [] : live.entries()) {
      segment.storeAgain(at === 0 ? durablePosition : 0)
      await segment.sync()
    }
  } catch (error) {
    for (const segment of live) segment.close()
    throw error
  }
  for (const segment of live) segment.noteDurable(segment.extent().dataEnd)
  const rolled = live.slice(0, -1)
  for (const segment of rolled) segment.seal()
  const earlier = files.slice(0, from.index)
  const sealed = earlier.map((entry) => sealedSegment(options, entry))
  return {
    segments: [...sealed, ...live],
    uncut: [...sealed.filter((_, at) => earlier[at]?.hasIndex === false), ...rolled],
    hasLostBatches: last.end.defect !== undefined || orphans.length > 0 || hasLaterBatch,
    checkpointPosition: last.checkpointPosition,
    report: {
      scannedBytes: scanned.reduce((sum, it) => sum + it.extent.dataEnd - it.checkpointPosition, 0),
      ...(tornTail === undefined ? {} : { tornTail }),
      rebuilt: options.rebuilt,
    },
  }
}

/**
 * The newest segment with a recovery point, or the oldest segment. The position up to which it is durable
 * is 0 without one.
 */
async function findRecoveryPoint(options: RecoveryOptions): Promise<RecoveryStart> {
  const { files } = options
  for (let index = files.length - 1; index >= 0; index -= 1) {
    const entry = files[index]
    if (entry === undefined) break
    const contents = await openContents(options, entry, 'read')
    const durablePosition = durablePositionIn(options, entry, contents)
    contents.file.close()
    if (durablePosition !== undefined) return { index, durablePosition }
  }
  return { index: 0, durablePosition: 0 }
}

/** The later of the recovery point in the header and the checkpoint, which is durable before the next point is. */
function durablePositionIn(
  { checkpoint }: RecoveryOptions,
  entry: SegmentFileEntry,
  contents: SegmentBytes,
): number | undefined {
  // One that lies behind the end of the file counts, too: it says that the file lost what was durable.
  const point = readRecoveryPoint(contents.bytes)?.durablePosition
  const checkpointed = agreedExtent(checkpoint, entry.baseOffset, contents)?.dataEnd
  return checkpointed === undefined ? point : Math.max(point ?? 0, checkpointed)
}

/** Position behind which a segment was never written, whatever the crash left. */
function reachOf(
  { unsyncedBytesMax }: RecoveryOptions,
  { bytes }: SegmentBytes,
  checkpointPosition: number,
): number {
  if (hasDamagedRecoveryPoint(bytes)) return bytes.length
  const point = readRecoveryPoint(bytes)?.durablePosition ?? 0
  // Behind the header at least, as checkpoints are.
  return Math.min(Math.max(point, checkpointPosition) + unsyncedBytesMax, bytes.length)
}

function laterBatchOf({ contents, end, reach }: ScannedSegment): ReturnType<typeof laterBatch> {
  return laterBatch(contents, end.position, { nextOffset: end.nextOffset, limit: reach })
}

function continuesAt(
  { gaps }: RecoveryOptions,
  { end, isUnreadable }: ScannedSegment,
  entry: SegmentFileEntry,
): boolean {
  if (isUnreadable || end.defect !== undefined) return false
  return isContinued(gaps, end.nextOffset, entry.baseOffset)
}

/** Headers from the checkpoint up to the recovery point, everything behind it. */
async function scanSegment(
  options: RecoveryOptions,
  entry: SegmentFileEntry,
  durablePosition: number,
): Promise<ScannedSegment> {
  const contents = await openContents(options, entry, 'write')
  const unreadable = headerDefect(options, contents, entry)
  const known =
    unreadable === undefined
      ? agreedExtent(options.checkpoint, entry.baseOffset, contents)
      : undefined
  const extent = known ?? emptyExtent(entry.baseOffset)
  const checkpointPosition = extent.dataEnd
  const reach = reachOf(options, contents, checkpointPosition)
  await bringIn(contents, checkpointPosition, reach)
  const scanned = { entry, contents, extent, checkpointPosition, reach }
  if (unreadable !== undefined) return { ...scanned, end: unreadable, isUnreadable: true }
  const note = (batch: BatchView, position: number): void => {
    noteBatch(extent, { position, batchLength: batch.batchLength }, batch)
  }
  let start = extent.dataEnd
  let expectedOffset = extent.endOffset
  if (durablePosition > start) {
    const durable = { start, expectedOffset, depth: 'header', limit: durablePosition } as const
    const end = scanBatches(contents, durable, note)
    if (end.position < durablePosition) return { ...scanned, end, isUnreadable: false }
    start = end.position
    expectedOffset = end.nextOffset
  }
  const end = scanBatches(contents, { start, expectedOffset, depth: 'whole' }, note)
  return { ...scanned, end, isUnreadable: false }
}

function headerDefect(
  options: RecoveryOptions,
  contents: SegmentBytes,
  entry: SegmentFileEntry,
): ScanEnd | undefined {
  const at = { position: SEGMENT_HEADER_BYTES, nextOffset: entry.baseOffset }
  try {
    const { baseOffset, streamId } = decodeSegmentHeader(contents.bytes)
    const isOurs = streamId === options.streamId
    if (isOurs && baseOffset === entry.baseOffset) return undefined
    const message = isOurs
      ? `the header says base offset ${baseOffset}, the name says ${entry.baseOffset}`
      : `the header says stream id ${streamId}, the stream has ${options.streamId}`
    return { ...at, defect: { code: 'INVALID_FIELD', message, details: { positionBytes: 0 } } }
  } catch (error) {
    if (!TailraceError.is(error)) throw error
    return {
      ...at,
      defect: { code: 'BAD_MAGIC', message: error.message, details: { positionBytes: 0 } },
    }
  }
}

/**
 * True when a header was there and was damaged: a disk writes a sector whole or not at all, so that one
 * which is neither zero nor a header is no crash's doing. Batches behind it tell it from a stranger.
 */
function hasDamagedHeader({ contents, entry }: ScannedSegment): boolean {
  const { bytes } = contents
  if (bytes.subarray(0, SEGMENT_HEADER_BYTES).every((byte) => byte === 0)) return false
  try {
    decodeSegmentHeader(bytes)
    return false
  } catch (error) {
    if (!TailraceError.is(error)) throw error
    const bounds = { nextOffset: entry.baseOffset, limit: bytes.length }
    return laterBatch(contents, SEGMENT_HEADER_BYTES - 1, bounds) !== undefined
  }
}

/** Damage is what is invalid before the recovery point, or a whole segment whose header is. */
function damageBelow(last: ScannedSegment, durablePosition: number): Damage | undefined {
  if (!last.isUnreadable && last.end.position >= durablePosition) return undefined
  const later = laterBatchOf(last)
  return {
    from: last.end.nextOffset,
    to: later?.baseOffset,
    segment: last.entry.fileName,
    reason: last.end.defect?.message ?? `the data ends at position ${last.end.position}`,
  }
}

/**
 * The log ends before what is known to have been durable: a segment behind it is not there, or nothing of it
 * can be read. A gap, too, was listed when a segment behind it was durable. Offsets that were given out must
 * not be given out again.
 */
function damageBehind(
  { gaps, knownEnd }: RecoveryOptions,
  last: ScannedSegment,
): Damage | undefined {
  const from = last.end.nextOffset
  const gapEnd = gaps.at(-1)?.to ?? 0
  if (Math.max(gapEnd, knownEnd) <= from) return undefined
  const reason =
    gapEnd > from
      ? `the log goes on at offset ${gapEnd} behind a gap, in a segment that is not there`
      : endsBefore(knownEnd, from)
  return { from, to: undefined, segment: last.entry.fileName, reason }
}

/** Cuts what lies behind the last valid batch; later segments are moved aside. */
async function cutBehind(
  options: RecoveryOptions,
  last: ScannedSegment,
  orphans: readonly SegmentFileEntry[],
): Promise<{ readonly tornTail?: TornTail; readonly tornEnd: number }> {
  const { storage, directory } = options
  const { contents, end, entry, reach } = last
  let putAside = ''
  for (const orphan of [...orphans].reverse()) {
    // First the index: left alone it would be taken for that of a later segment of the same name.
    await storage.remove(`${directory}/${indexFileName(orphan.baseOffset)}`)
    putAside = await freeEvidenceName(storage, directory, orphan.fileName)
    await storage.rename(`${directory}/${orphan.fileName}`, `${directory}/${putAside}`)
  }
  if (orphans.length > 0) await storage.syncDirectory(directory)
  const start = end.position
  const nonZeroEnd = endOfNonZero(contents.bytes.subarray(0, reach), start)
  if (nonZeroEnd === start && orphans.length === 0) return { tornEnd: 0 }
  const torn = { contents, start, end: nonZeroEnd, label: entry.fileName }
  const evidence = nonZeroEnd > start ? await cutTornTail(storage, directory, torn) : putAside
  const orphanBytes = orphans.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const tornTail = {
    atPosition: start,
    truncatedBytes: nonZeroEnd - start + orphanBytes,
    reason: end.defect?.message ?? 'bytes behind the end of the data',
    evidence,
    nextOffset: end.nextOffset,
  }
  return { tornTail, tornEnd: nonZeroEnd }
}

function readOnlyLog(
  options: RecoveryOptions,
  found: {
    readonly from: { readonly index: number }
    readonly scanned: readonly ScannedSegment[]
    readonly damage: Damage
  },
): RecoveredLog {
  const { from, scanned, damage } = found
  const earlier = options.files.slice(0, from.index).map((entry) => sealedSegment(options, entry))
  const live = scanned.map((segment) => activeSegment(options, segment, 0))
  return {
    segments: [...earlier, ...live],
    uncut: [],
    hasLostBatches: false,
    checkpointPosition: SEGMENT_HEADER_BYTES,
    report: { scannedBytes: 0, damage, rebuilt: options.rebuilt },
  }
}

function activeSegment(
  options: RecoveryOptions,
  scanned: ScannedSegment,
  tornEnd: number,
): Segment {
  const { entry, contents, extent } = scanned
  const { fileName, baseOffset } = entry
  const { loader, cache, activeMappings } = options
  const sizeBytes = contents.bytes.length
  const segment = Segment.active(
    { fileName, baseOffset, sizeBytes, loader, cache, activeMappings },
    contents.file,
    extent,
  )
  segment.shownEnd = endOfShown(tornEnd, entry)
  return segment
}

function sealedSegment(options: RecoveryOptions, entry: SegmentFileEntry): Segment {
  const { loader, cache, activeMappings } = options
  const { fileName, baseOffset, sizeBytes } = entry
  const place = { fileName, baseOffset, sizeBytes, loader, cache, activeMappings }
  const segment = Segment.sealed(place)
  segment.shownEnd = endOfShown(0, entry)
  return segment
}

/** Readers in other processes may be on batches that this recovery, or one before it, has cut off. */
function endOfShown(tornEnd: number, entry: SegmentFileEntry): number {
  const end = Math.max(tornEnd, entry.tornEnd)
  return Math.ceil(end / BATCH_ALIGNMENT_BYTES) * BATCH_ALIGNMENT_BYTES
}

/** With what is looked at first in memory: the header, and what shows whether the checkpoint is right. */
async function openContents(
  options: RecoveryOptions,
  entry: SegmentFileEntry,
  mode: 'read' | 'write',
): Promise<SegmentBytes> {
  const { storage, directory, checkpoint } = options
  const contents = mapped(storage.open(`${directory}/${entry.fileName}`, mode))
  await bringIn(contents, 0, SEGMENT_HEADER_BYTES)
  const walk = checkpointWalk(checkpoint, entry.baseOffset, contents)
  if (walk !== undefined) await bringIn(contents, walk.start, walk.limit + END_MARKER_BYTES)
  return contents
}

/** The bytes of a file, which is closed when it cannot be mapped. */
function mapped(file: StorageFile): SegmentBytes {
  try {
    return new SegmentBytes(file)
  } catch (error) {
    file.close()
    throw error
  }
}

/** Reads what is about to be touched, off the event loop. */
async function bringIn({ file }: SegmentBytes, start: number, end: number): Promise<void> {
  try {
    await file.readAhead?.(start, end)
  } catch (error) {
    file.close()
    throw error
  }
}
