import { beforeEach, expect, test } from 'vitest'

import { FrameMemory } from '../../../src/producer/frame-memory.js'
import { FakeClock } from '../../support/fake-clock.js'

const SIZE = 1000
let clock: FakeClock

beforeEach(() => {
  clock = new FakeClock()
})

test('gives what came back last first', () => {
  const memory = new FrameMemory(10 * SIZE, clock)
  const [first, second] = [memory.take(SIZE), memory.take(SIZE)]
  expect(second.buffer).not.toBe(first.buffer)
  memory.giveBack(first.subarray(10, 500))
  memory.giveBack(second.subarray(3))
  expect(memory.take(SIZE)).toMatchObject({ buffer: second.buffer, byteOffset: 0, length: SIZE })
  expect(memory.take(SIZE).buffer).toBe(first.buffer)
  expect(memory.idleCount).toBe(0)
})

test('keeps no more than it may', () => {
  const memory = new FrameMemory(3 * SIZE, clock)
  const pieces = Array.from({ length: 5 }, () => memory.take(SIZE))
  for (const piece of pieces) memory.giveBack(piece)
  expect(memory.idleCount).toBe(3)
})

test('keeps nothing of another size', () => {
  const memory = new FrameMemory(10 * SIZE, clock)
  const piece = memory.take(SIZE)
  memory.giveBack(new Uint8Array(SIZE + 1))
  expect(memory.idleCount).toBe(0)
  memory.giveBack(piece)
  expect(memory.take(2 * SIZE)).toHaveLength(2 * SIZE)
  expect(memory.idleCount).toBe(0)
})

/** So many pieces that are idle. */
function idle(count: number): FrameMemory {
  const memory = new FrameMemory(100 * SIZE, clock)
  const pieces = Array.from({ length: count }, () => memory.take(SIZE))
  for (const piece of pieces) memory.giveBack(piece)
  return memory
}

test('lets go of most of it when nothing is sent any more', () => {
  const memory = idle(50)
  clock.advance(999)
  expect(memory.idleCount).toBe(50)
  clock.advance(1001)
  expect(memory.idleCount).toBe(8)
  clock.advance(10_000)
  expect(memory.idleCount).toBe(8)
  expect(clock.timerCount).toBe(0)
})

test('keeps what is needed now and then, however often all of it is idle', () => {
  const memory = idle(50)
  for (let second = 0; second < 5; second += 1) {
    clock.advance(500)
    const pieces = Array.from({ length: 30 }, () => memory.take(SIZE))
    for (const piece of pieces) memory.giveBack(piece)
    clock.advance(500)
    expect(memory.idleCount).toBeGreaterThanOrEqual(30)
  }
  expect(memory.idleCount).toBe(30)
  clock.advance(2000)
  expect(memory.idleCount).toBe(8)
})

test('sets no timer for the few that always stay', () => {
  expect(idle(8).idleCount).toBe(8)
  expect(clock.timerCount).toBe(0)
})

test('keeps nothing once it is closed', () => {
  const memory = idle(50)
  const piece = memory.take(SIZE)
  memory.close()
  expect(memory.idleCount).toBe(0)
  expect(clock.timerCount).toBe(0)
  memory.giveBack(piece)
  expect(memory.idleCount).toBe(0)
})
