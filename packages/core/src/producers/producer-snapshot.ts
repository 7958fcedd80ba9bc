/**
 * The producer table across restarts: a snapshot up to an offset, and the batches behind it.
 *
 * The log itself holds every producer's identity and sequence, until retention removes the records: a
 * snapshot is written before that, and otherwise only saves reading. One that is missing or damaged is not
 * used, and what is retained of the log is walked instead; once segments were removed that is not all of it,
 * and is reported. So it is of one that is newer than the log; but that the log has lost records is proven
 * then, and found before (`knownEnd`).
 */
import type { BatchView } from '@tailrace/format'
import { SEGMENT_HEADER_BYTES } from '@tailrace/format'
import type { ForgottenProducers } from '../log/recovery-report.js'
import { scanBatches } from '../segments/scan.js'
import type { Segment } from '../segments/segment.js'
import { encodeCheckedFile, readCheckedFile, writeCheckedFile } from '../storage/checked-file.js'
import type { Storage } from '../storage/storage-port.js'
import { ProducerTable } from './producer-table.js'
import type { ProducerSnapshot } from './producer-table.js'

/** Name of the file in the stream's directory. */
export const PRODUCER_SNAPSHOT_FILE = 'producers.snapshot'
const KIND = 'producers'

/** Writes a snapshot; `offset` is the end of the log it reflects, which must be durable. */
export async function writeProducerSnapshot(
  storage: Storage,
  directory: string,
  content: { readonly offset: number; readonly producers: ProducerSnapshot },
): Promise<void> {
  await writeCheckedFile(storage, { directory, name: PRODUCER_SNAPSHOT_FILE, kind: KIND }, content)
}

/** The content of the file. */
export function encodeProducerSnapshot(content: StoredSnapshot): Uint8Array {
  return encodeCheckedFile(KIND, content)
}

/** A snapshot as it was stored: the end of the log it reflects, and the table, not looked at yet. */
export interface StoredSnapshot {
  readonly offset: number
  readonly producers: unknown
}

/** The snapshot in the directory; undefined when there is none that can be read. */
export function readProducerSnapshot(
  storage: Pick<Storage, 'readFile'>,
  directory: string,
): StoredSnapshot | undefined {
  const file = { directory, name: PRODUCER_SNAPSHOT_FILE, kind: KIND }
  const found = readCheckedFile(storage, file)
  if (found.state !== 'present') return undefined
  if (typeof found.content !== 'object' || found.content === null) return undefined
  const { offset, producers } = found.content as Record<string, unknown>
  return typeof offset === 'number' ? { offset, producers } : undefined
}

/**
 * The end of what was removed with its segments, which is where the snapshot has to reach at least: none is
 * removed before one that does is durable. 0 when nothing was removed; what a gap took was not.
 */
export function removedEnd(startOffset: number, segmentsStart: number): number {
  return Math.min(startOffset, segmentsStart)
}

/** What the log no longer says of producers, for want of the snapshot; undefined when nothing is missing. */
export function forgottenProducers(
  snapshot: StoredSnapshot | undefined,
  belowOffset: number,
): ForgottenProducers | undefined {
  if (belowOffset === 0) return undefined
  const found = snapshot === undefined ? undefined : restored(snapshot)
  if (found === undefined) {
    return { belowOffset, reason: `${PRODUCER_SNAPSHOT_FILE} is missing or damaged` }
  }
  if (found.offset >= belowOffset) return undefined
  return { belowOffset, reason: `${PRODUCER_SNAPSHOT_FILE} reaches offset ${found.offset} only` }
}

/** The table as of the end of `segments`. */
export function recoverProducers(
  snapshot: StoredSnapshot | undefined,
  segments: readonly Segment[],
): ProducerTable {
  const endOffset = segments.at(-1)?.extent().endOffset ?? 0
  const found = snapshot === undefined ? undefined : restored(snapshot)
  const isUsable = found !== undefined && found.offset <= endOffset
  const table = isUsable ? found.table : new ProducerTable()
  const from = isUsable ? found.offset : 0
  for (const [at, segment] of segments.entries()) {
    const next = segments[at + 1]
    if (next !== undefined && next.baseOffset <= from) continue
    scanProducers(segment, from, table)
  }
  return table
}

function scanProducers(segment: Segment, from: number, table: ProducerTable): void {
  const note = (batch: BatchView): void => {
    if (batch.producerId === 0 || batch.baseOffset < from) return
    table.note(batch, batch.baseOffset)
  }
  const { dataEnd: limit, index } = segment.extent()
  const contents = segment.contents()
  // From the last indexed batch before it: what lies below need not be read, nor be whole.
  const indexed = from > segment.baseOffset ? index.positionForOffset(from) : undefined
  const start = indexed ?? SEGMENT_HEADER_BYTES
  const expectedOffset = indexed === undefined ? segment.baseOffset : contents.baseOffsetAt(indexed)
  scanBatches(contents, { start, expectedOffset, depth: 'header', limit }, note)
}

function restored({
  offset,
  producers,
}: StoredSnapshot): { readonly offset: number; readonly table: ProducerTable } | undefined {
  try {
    return { offset, table: ProducerTable.restore(producers) }
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
