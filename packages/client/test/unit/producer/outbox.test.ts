import { FRAME_PREFIX_BYTES } from '@tailrace/protocol'
import { beforeEach, expect, test } from 'vitest'

import { Outbox, type OutgoingBatch } from '../../../src/producer/outbox.js'

let outbox: Outbox

function batch(recordCount: number, sizeBytes = 100): OutgoingBatch {
  const frame = new Uint8Array(FRAME_PREFIX_BYTES + sizeBytes)
  return { frame, recordCount, baseSequence: 0, waiters: undefined }
}

function send(count: number): number[] {
  return Array.from({ length: count }, () => outbox.markSent())
}

beforeEach(() => {
  outbox = new Outbox()
})

test('counts ordinals from 0 and bytes without prefixes', () => {
  outbox.push(batch(1, 100))
  outbox.push(batch(2, 50))
  expect(outbox).toMatchObject({ batchCount: 2, unsentCount: 2, inFlightCount: 0, sizeBytes: 150 })
  expect(send(2)).toEqual([0, 1])
  expect(outbox).toMatchObject({ batchCount: 2, unsentCount: 0, inFlightCount: 2 })
  expect(outbox.shift()?.recordCount).toBe(1)
  expect(outbox).toMatchObject({ batchCount: 1, inFlightCount: 1, sizeBytes: 50 })
})

test('says what an acknowledgement covers, and refuses one of what was not sent', () => {
  for (let i = 0; i < 5; i += 1) outbox.push(batch(1))
  send(3)
  expect(outbox.countThrough(0)).toBe(1)
  expect(outbox.countThrough(2)).toBe(3)
  expect(() => outbox.countThrough(3)).toThrow(expect.objectContaining({ code: 'MALFORMED_FRAME' }))
  outbox.shift()
  expect(outbox.countThrough(2)).toBe(2)
  expect(() => outbox.countThrough(0)).toThrow(expect.objectContaining({ code: 'MALFORMED_FRAME' }))
})

test('begins anew on another channel', () => {
  for (let i = 0; i < 4; i += 1) outbox.push(batch(i + 1))
  send(3)
  outbox.shift()
  outbox.rewind()
  expect(outbox).toMatchObject({ batchCount: 3, unsentCount: 3, inFlightCount: 0 })
  expect(outbox.peekUnsent()?.recordCount).toBe(2)
  expect(send(3)).toEqual([0, 1, 2])
})

test('keeps its order over many batches', () => {
  let nextIn = 0
  let nextOut = 0
  for (let round = 0; round < 3000; round += 1) {
    outbox.push(batch((nextIn += 1)))
    outbox.push(batch((nextIn += 1)))
    outbox.markSent()
    expect(outbox.shift()?.recordCount).toBe((nextOut += 1))
  }
  expect(outbox.batchCount).toBe(3000)
  expect(outbox.oldest?.recordCount).toBe(3001)
  expect(outbox.sizeBytes).toBe(300_000)
})

test('replaces every batch', () => {
  for (let i = 0; i < 3; i += 1) outbox.push(batch(i))
  send(2)
  outbox.shift()
  outbox.rewind()
  outbox.update((old) => ({ ...old, baseSequence: old.recordCount * 10 }))
  expect(outbox.oldest?.baseSequence).toBe(10)
  expect(outbox.batchCount).toBe(2)
})

test('gives everything up at once', () => {
  for (let i = 0; i < 3; i += 1) outbox.push(batch(i))
  send(1)
  outbox.shift()
  expect(outbox.drain().map(({ recordCount }) => recordCount)).toEqual([1, 2])
  expect(outbox).toMatchObject({ batchCount: 0, unsentCount: 0, sizeBytes: 0 })
  expect(outbox.shift()).toBeUndefined()
})
