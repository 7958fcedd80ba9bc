/**
 * Reading a log by iteration: batches without copying, records one by one. The reader has verified what
 * it hands out.
 */
import { BatchView } from '@tailrace/format'
import type {
  FollowOptions,
  LogRecord,
  ReadOptions,
  StartPosition,
  OutOfRange,
} from './log-types.js'
import { gapOfError } from './gap.js'
import type { BatchRun, LogReader } from './log-reader.js'
import type { RecoveryReport } from './recovery-report.js'

/** What iteration needs of a log. */
export interface IterableLog {
  readonly visibleOffset: number
  readonly isClosed: boolean
  readonly recovery?: RecoveryReport | undefined
  resolveOffset(from: StartPosition, options: { onOutOfRange?: OutOfRange | undefined }): number
  reader(offset: number): LogReader
  onVisible(listener: () => void): () => void
}

/** Bytes taken from the reader at once. */
const RUN_BYTES = 1024 * 1024

/** See `Log.batches`. */
export function* readBatches(
  log: IterableLog,
  options: ReadOptions,
): Generator<BatchView, void, undefined> {
  const reader = log.reader(log.resolveOffset(options.from, options))
  const end = Math.min(options.to ?? Infinity, endOf(log))
  while (reader.nextOffset < end) {
    const run = nextRun(reader, options.onGap)
    if (run === undefined) return
    if (run === 'gap') continue
    yield* batchesOf(run.bytes, end)
  }
}

/** See `Log.read`. */
export async function* readRecords(
  log: IterableLog,
  options: FollowOptions,
): AsyncGenerator<LogRecord, void, undefined> {
  const { follow = false, signal } = options
  const reader = log.reader(log.resolveOffset(options.from, options))
  const end = options.to ?? (follow ? Infinity : endOf(log))
  while (reader.nextOffset < end) {
    signal?.throwIfAborted()
    const warming = reader.warm(RUN_BYTES)
    if (warming !== undefined) await warming
    // A run may begin before it, with the batch that holds it.
    const due = reader.nextOffset
    const run = nextRun(reader, options.onGap)
    if (run === 'gap') continue
    if (run === undefined) {
      if (!follow) return
      await nextAdvance(log, reader, signal)
      continue
    }
    for (const batch of batchesOf(run.bytes, end)) {
      for (const record of recordsOf(batch)) {
        if (record.offset < due) continue
        if (record.offset >= end) return
        yield record
      }
    }
  }
}

/** Where reading ends by itself. At damage it does not: the reader says so there. */
function endOf(log: IterableLog): number {
  return log.recovery?.damage === undefined ? log.visibleOffset : Infinity
}

/** The next run; a gap before it is told to `onGap`, and is an error when there is none. */
function nextRun(reader: LogReader, onGap: ReadOptions['onGap']): BatchRun | 'gap' | undefined {
  try {
    return reader.next(RUN_BYTES)
  } catch (error) {
    const gap = onGap === undefined ? undefined : gapOfError(error, reader.nextOffset)
    if (gap === undefined) throw error
    reader.seek(gap.to)
    onGap?.(gap)
    return 'gap'
  }
}

/** The batches of a run that begin before `end`; the view is reused. */
function* batchesOf(bytes: Uint8Array, end: number): Generator<BatchView, void, undefined> {
  let batch: BatchView | undefined
  let position = 0
  while (position < bytes.length) {
    batch = batch === undefined ? new BatchView(bytes, position) : batch.wrap(bytes, position)
    if (batch.baseOffset >= end) return
    position += batch.batchLength
    yield batch
  }
}

function* recordsOf(batch: BatchView): Generator<LogRecord, void, undefined> {
  const { recordCount, appendTimeUs } = batch
  for (let at = 0; at < recordCount; at += 1) {
    yield {
      offset: batch.offset(at),
      value: batch.value(at),
      key: batch.key(at),
      headers: batch.headers(at),
      timeUs: batch.timeUs(at),
      appendTimeUs,
    }
  }
}

/** Resolves when there is something to read, or the log was closed; rejects when the signal aborts. */
async function nextAdvance(
  log: IterableLog,
  reader: LogReader,
  signal: AbortSignal | undefined,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const settle = (): void => {
      stop()
      signal?.removeEventListener('abort', settle)
      if (signal?.aborted === true) reject(signal.reason as Error)
      else resolve()
    }
    const stop = log.onVisible(settle)
    signal?.addEventListener('abort', settle)
    if (log.isClosed || log.visibleOffset > reader.nextOffset || signal?.aborted === true) settle()
  })
}
