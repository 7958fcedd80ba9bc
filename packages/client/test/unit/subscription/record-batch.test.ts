import { BatchBuilder, BatchView } from '@tailrace/format'
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
