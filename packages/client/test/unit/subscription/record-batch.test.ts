import {
  ATTRIBUTE_OFFSETS,
  ATTRIBUTES_AT,
  BATCH_HEADER_BYTES,
  BatchBuilder,
  BatchView,
  COLUMN_ENTRY_BYTES,
  LAST_OFFSET_DELTA_AT,
} from '@tailrace/format'
import { beforeEach, expect, test } from 'vitest'

import { RecordExtras } from '../../../src/codecs/headers.js'
import { text } from '../../../src/codecs/text-codecs.js'
import { RecordBatch } from '../../../src/subscription/record-batch.js'
import { filledLog, joined } from '../../support/batches.js'
import { FakeLog } from '../../support/fake-log.js'

const decoder = new TextDecoder()

/** Offsets 5 to 9, the second batch of a message. */
let batch: RecordBatch<string>

beforeEach(() => {
  const parts = filledLog(new FakeLog('orders'), [5, 5, 5]).batches.map(({ bytes }) => bytes)
  const bytes = joined(parts)
  const view = new BatchView(bytes, parts[0]?.byteLength)
  const slice = { view, bytes, firstIndex: 0, endIndex: view.recordCount, nextOffset: 10 }
  batch = new RecordBatch(slice, { stream: 'orders', codec: text, extras: new RecordExtras() })
})

function visited(of: RecordBatch<string>): string[] {
  const values: string[] = []
  of.forEachValue((bytes, start, end) => {
    expect(bytes).toBe(of.bytes)
    values.push(decoder.decode(bytes.subarray(start, end)))
  })
  return values
}

test('visits every value delivered where it lies, as it would be decoded', () => {
  expect(visited(batch)).toEqual(['5', '6', '7', '8', '9'])
  expect(visited(batch)).toEqual([...batch].map(({ value }) => value))
})

test('visits no value before the first one delivered', () => {
  expect(visited(batch.from(3))).toEqual(['8', '9'])
  expect(visited(batch.from(5))).toEqual([])
})

test('says where a single value lies', () => {
  const bytes = batch.bytes.subarray(batch.valueStart(2), batch.valueEnd(2))
  expect(decoder.decode(bytes)).toBe('7')
  expect(() => batch.valueStart(5)).toThrow(RangeError)
  expect(() => batch.valueEnd(-1)).toThrow(RangeError)
})

test('ends a visit with what the visitor throws', () => {
  let count = 0
  const visit = () => {
    count += 1
    if (count === 2) throw new Error('enough')
  }
  expect(() => batch.forEachValue(visit)).toThrow('enough')
  expect(count).toBe(2)
})

test('gives every record its own time, and that of the batch to those that have none', () => {
  const encoder = new TextEncoder()
  const builder = new BatchBuilder()
  builder.append(encoder.encode('a'))
  builder.append(encoder.encode('b'), { timeUs: 1007 })
  const bytes = builder.build({ createTimeUs: 1000 })
  const view = new BatchView(bytes)
  const slice = { view, bytes, firstIndex: 0, endIndex: 2, nextOffset: 2 }
  const timed = new RecordBatch(slice, {
    stream: 'orders',
    codec: text,
    extras: new RecordExtras(),
  })
  expect([...timed].map(({ value, timeUs }) => [value, timeUs])).toEqual([
    ['a', 1000],
    ['b', 1007],
  ])
  expect([...batch].map(({ offset }) => offset)).toEqual([5, 6, 7, 8, 9])
  expect([...batch.from(3)].map(({ offset }) => offset)).toEqual([8, 9])
})

test('takes records by index at their offsets, also behind the first one delivered', () => {
  const taken = (of: RecordBatch<string>, index: number) => {
    const { offset, value } = of.record(index)
    return [offset, value, of.offset(index)]
  }
  expect([0, 2, 4].map((index) => taken(batch, index))).toEqual([
    [5, '5', 5],
    [7, '7', 7],
    [9, '9', 9],
  ])
  expect([3, 4].map((index) => taken(batch.from(3), index))).toEqual([
    [8, '8', 8],
    [9, '9', 9],
  ])
  expect(() => batch.from(3).record(2)).toThrow(RangeError)
  expect(() => batch.record(5)).toThrow(RangeError)
})

test('takes the offsets of a compacted batch from its column', () => {
  const sparse = compacted()
  expect([0, 1, 2].map((index) => sparse.record(index).offset)).toEqual([1000, 1002, 1003])
  expect([0, 1, 2].map((index) => sparse.offset(index))).toEqual([1000, 1002, 1003])
  expect(sparse.record(1)).toMatchObject({ value: 'c', timeUs: 1, key: undefined })
  expect([...sparse.from(1)].map(({ offset, value }) => [offset, value])).toEqual([
    [1002, 'c'],
    [1003, 'd'],
  ])
})

/** Records `a`, `c` and `d` at 1000, 1002 and 1003 of a batch that accounts for 1000 to 1004. */
function compacted(): RecordBatch<string> {
  const builder = new BatchBuilder()
  // No producer makes a column of offsets; one of times has its place.
  for (const value of 'acd') builder.append(new TextEncoder().encode(value), { timeUs: 1 })
  const produced = builder.build({ createTimeUs: 1 })
  const fields = new DataView(produced.buffer)
  fields.setUint16(ATTRIBUTES_AT, ATTRIBUTE_OFFSETS, true)
  fields.setUint32(LAST_OFFSET_DELTA_AT, 4, true)
  const columnAt = BATCH_HEADER_BYTES + 3 * COLUMN_ENTRY_BYTES
  for (const [index, delta] of [0, 2, 3].entries())
    fields.setUint32(columnAt + index * COLUMN_ENTRY_BYTES, delta, true)
  const log = new FakeLog('orders')
  log.endOffset = 1000
  log.store(produced)
  const bytes = log.batches[0]?.bytes ?? produced
  const view = new BatchView(bytes)
  const slice = { view, bytes, firstIndex: 0, endIndex: 3, nextOffset: view.nextOffset }
  return new RecordBatch(slice, { stream: 'orders', codec: text, extras: new RecordExtras() })
}
