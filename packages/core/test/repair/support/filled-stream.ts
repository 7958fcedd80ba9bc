/** The stream that corruptors work on, and the judge of what is left of it. */

import { expect } from 'vitest'
import type { Gap, Log, LogRecord } from '../../../src/index.js'
import { copyOf, expectRecords, range, sized } from '../../support/records.js'

/** Batches of the stream, of three records each: seven to a segment of 64 KiB. */
const BATCHES = 31
const RECORDS_PER_BATCH = 3
const VALUE_BYTES = 2900

/** How many records the stream has. */
export const RECORD_COUNT = BATCHES * RECORDS_PER_BATCH

/** Appends all records, each distinct. */
export async function fill(log: Log): Promise<void> {
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const first = batch * RECORDS_PER_BATCH
    const numbers = range(first, first + RECORDS_PER_BATCH)
    await log.append(numbers.map((number) => ({ value: sized(number, VALUE_BYTES + number) })))
  }
}

/** The records of the stream, as far as it can be read, and the gaps that reading met, both in order. */
export async function readWithGaps(
  log: Log,
): Promise<{ readonly records: LogRecord[]; readonly gaps: Gap[] }> {
  const records: LogRecord[] = []
  const gaps: Gap[] = []
  const onGap = (gap: Gap): void => void gaps.push(gap)
  for await (const record of log.read({ from: 'first', to: log.visibleOffset, onGap })) {
    records.push(copyOf(record))
  }
  return { records, gaps }
}

/** Half-open ranges of offsets. */
export type OffsetRange = readonly [from: number, to: number]

/** Fails unless exactly the records outside of `lost`, up to the end, are there and the gaps say so. */
export async function judgeLog(
  log: Log,
  originals: readonly LogRecord[],
  lost: readonly OffsetRange[],
): Promise<void> {
  const { records, gaps } = await readWithGaps(log)
  const isLost = (offset: number): boolean =>
    offset >= log.endOffset || lost.some(([from, to]) => from <= offset && offset < to)
  expectRecords(
    records,
    originals.filter(({ offset }) => !isLost(offset)),
  )
  const met = gaps.map(({ from, to }) => [from, to])
  expect(met).toEqual(lost.filter(([from]) => from < log.endOffset))
}
