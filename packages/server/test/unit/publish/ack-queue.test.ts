/** How acknowledgements of one turn come together. */

import { decodeAckBody, decodeFrame, OFFSET_UNKNOWN, type AckEntry } from '@tailrace/protocol'
import { expect, test } from 'vitest'

import { AckQueue, type AckTarget, type BatchAck } from '../../../src/publish/ack-queue.js'

function setUp() {
  const frames: AckEntry[][] = []
  const counts = new Map<number, number>()
  const queue = new AckQueue((frame) => frames.push(decodeAckBody(decodeFrame(frame).body)))
  const target = (id: number): AckTarget => ({
    id,
    acknowledged: (batchCount) => counts.set(id, (counts.get(id) ?? 0) + batchCount),
  })
  return { frames, counts, queue, target }
}

function ack(ordinal: number, baseOffset: number, rest: Partial<BatchAck> = {}): BatchAck {
  const endOffset = baseOffset + 10
  return { ordinal, baseOffset, endOffset, isDuplicate: false, isDurable: true, ...rest }
}

test('contiguous batches of a channel share an entry', () => {
  const { frames, counts, queue, target } = setUp()
  const producer = target(7)
  for (const ordinal of [0, 1, 2]) queue.add(producer, ack(ordinal, ordinal * 10))
  queue.flush()
  expect(frames).toEqual([
    [{ channel: 7, throughOrdinal: 2, baseOffset: 0, isDuplicate: false, isDurable: true }],
  ])
  expect(counts.get(7)).toBe(3)
})

test('channels that take turns still get an entry each', () => {
  const { frames, queue, target } = setUp()
  const [a, b] = [target(1), target(2)]
  queue.add(a, ack(0, 0))
  queue.add(b, ack(0, 500))
  queue.add(a, ack(1, 10))
  queue.add(b, ack(1, 510))
  queue.flush()
  expect(frames).toHaveLength(1)
  expect(
    frames[0]?.map((entry) => [entry.channel, entry.throughOrdinal, entry.baseOffset]),
  ).toEqual([
    [1, 1, 0],
    [2, 1, 500],
  ])
})

test.each<[string, BatchAck]>([
  ['offsets of somebody else lie between', ack(1, 20)],
  ['the batch is a duplicate', ack(1, 10, { isDuplicate: true })],
  ['the durability differs', ack(1, 10, { isDurable: false })],
  ['the offset is unknown', ack(1, OFFSET_UNKNOWN, { endOffset: -1, isDuplicate: true })],
])('a new entry begins when %s', (_, second) => {
  const { frames, counts, queue, target } = setUp()
  const producer = target(1)
  queue.add(producer, ack(0, 0))
  queue.add(producer, second)
  queue.flush()
  expect(frames[0]?.map((entry) => entry.throughOrdinal)).toEqual([0, 1])
  expect(counts.get(1)).toBe(2)
})

test('batches of unknown offset are never taken for contiguous', () => {
  const { frames, queue, target } = setUp()
  const producer = target(1)
  const unknown = { baseOffset: OFFSET_UNKNOWN, endOffset: OFFSET_UNKNOWN, isDuplicate: true }
  queue.add(producer, ack(0, 0, unknown))
  queue.add(producer, ack(1, 0, unknown))
  queue.flush()
  expect(frames[0]).toHaveLength(2)
})

test('what was flushed is not sent again, and nothing sends nothing', () => {
  const { frames, queue, target } = setUp()
  const producer = target(1)
  queue.flush()
  queue.add(producer, ack(0, 0))
  queue.flush()
  queue.flush()
  queue.add(producer, ack(1, 10))
  queue.flush()
  expect(frames.map((entries) => entries.map((entry) => entry.throughOrdinal))).toEqual([[0], [1]])
})

test('a message holds 4096 entries at most', () => {
  const { frames, queue, target } = setUp()
  const producer = target(1)
  for (let ordinal = 0; ordinal < 5000; ordinal += 1)
    queue.add(producer, ack(ordinal, ordinal * 100))
  queue.flush()
  expect(frames.map((entries) => entries.length)).toEqual([4096, 904])
})
