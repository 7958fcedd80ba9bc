import { expect, test } from 'vitest'

import { FrameMemory } from '../../../src/producer/frame-memory.js'

const SIZE = 1000

test('gives what came back last first', () => {
  const memory = new FrameMemory(10 * SIZE)
  const [first, second] = [memory.take(SIZE), memory.take(SIZE)]
  expect(second.buffer).not.toBe(first.buffer)
  memory.giveBack(first.subarray(10, 500))
  memory.giveBack(second.subarray(3))
  expect(memory.take(SIZE)).toMatchObject({ buffer: second.buffer, byteOffset: 0, length: SIZE })
  expect(memory.take(SIZE).buffer).toBe(first.buffer)
  expect(memory.idleCount).toBe(0)
})

test('keeps no more than it may', () => {
  const memory = new FrameMemory(3 * SIZE)
  const pieces = Array.from({ length: 5 }, () => memory.take(SIZE))
  for (const piece of pieces) memory.giveBack(piece)
  expect(memory.idleCount).toBe(3)
})

test('keeps nothing of another size', () => {
  const memory = new FrameMemory(10 * SIZE)
  const piece = memory.take(SIZE)
  memory.giveBack(new Uint8Array(SIZE + 1))
  expect(memory.idleCount).toBe(0)
  memory.giveBack(piece)
  expect(memory.take(2 * SIZE)).toHaveLength(2 * SIZE)
  expect(memory.idleCount).toBe(0)
})

test('lets go of most of it when it rests', () => {
  const memory = new FrameMemory(100 * SIZE)
  const pieces = Array.from({ length: 50 }, () => memory.take(SIZE))
  for (const piece of pieces) memory.giveBack(piece)
  expect(memory.idleCount).toBe(50)
  memory.rest()
  expect(memory.idleCount).toBe(8)
  memory.rest()
  expect(memory.idleCount).toBe(8)
})
