/** Memory that becomes free is taken again, and nobody is kept busy where that is in vain. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FreeMemoryTaker } from '../harness/free-memory-taker.js'

const GOAL = 100 * 2 ** 20
const GIB = 2 ** 30

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => vi.useRealTimers())

/** A machine of which `free` bytes are free; taking leaves as many where it is `inVain`. */
function machine({ free, isInVain = false }: { free: number; isInVain?: boolean }) {
  const memory = {
    free,
    isInVain,
    taken: 0,
    goalBytes: GOAL,
    freeBytes: () => memory.free,
    take(bytes: number) {
      memory.taken += bytes
      if (!memory.isInVain) memory.free -= bytes
    },
  }
  return memory
}

it('takes down to the goal and no further', async () => {
  const memory = machine({ free: 3 * GIB })
  expect(await new FreeMemoryTaker(memory).topUp()).toBe(true)
  expect(memory.free).toBeLessThanOrEqual(GOAL)
  expect(memory.free).toBeGreaterThan(GOAL / 2)
  const { taken } = memory
  expect(await new FreeMemoryTaker(memory).topUp()).toBe(true)
  expect(memory.taken).toBe(taken)
})

it('gives up where memory is free again as fast as it is taken', async () => {
  const memory = machine({ free: 3 * GIB, isInVain: true })
  expect(await new FreeMemoryTaker(memory).topUp()).toBe(false)
  expect(memory.taken).toBeGreaterThan(3 * GIB)
  expect(memory.taken).toBeLessThan(8 * GIB)
})

it('takes what becomes free while it runs, from twice the goal on', async () => {
  const memory = machine({ free: GOAL })
  const taker = new FreeMemoryTaker(memory)
  taker.start()
  memory.free = 2 * GOAL
  await vi.advanceTimersByTimeAsync(200)
  expect(memory.taken).toBe(0)
  memory.free = 2 * GOAL + 1
  await vi.advanceTimersByTimeAsync(200)
  await taker.topUp()
  expect(memory.free).toBeLessThanOrEqual(GOAL)
  taker.stop()
})

it('tries less and less often in vain, and as often as before once it worked', async () => {
  const memory = machine({ free: GIB, isInVain: true })
  const taker = new FreeMemoryTaker(memory)
  taker.start()
  const waits: number[] = []
  for (let attempt = 0; attempt < 8; attempt += 1) waits.push(await untilTaken(memory, taker))
  expect(waits).toEqual([200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
  memory.isInVain = false
  await untilTaken(memory, taker)
  memory.free = GIB
  expect(await untilTaken(memory, taker)).toBe(200)
  taker.stop()
})

it('takes nothing once it is stopped', async () => {
  const memory = machine({ free: GIB })
  const taker = new FreeMemoryTaker(memory)
  taker.start()
  taker.stop()
  await vi.advanceTimersByTimeAsync(1000)
  expect(memory.taken).toBe(0)
  expect(await taker.topUp()).toBe(false)
})

/** Milliseconds until it looks and takes; resolves when it has taken all that it will. */
async function untilTaken(
  memory: ReturnType<typeof machine>,
  taker: FreeMemoryTaker,
): Promise<number> {
  const { taken } = memory
  let waited = 0
  while (memory.taken === taken) {
    waited += 200
    await vi.advanceTimersByTimeAsync(200)
  }
  await taker.topUp()
  return waited
}
