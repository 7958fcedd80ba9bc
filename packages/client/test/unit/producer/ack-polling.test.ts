/** When a producer keeps the event loop awake. */
import { expect, test } from 'vitest'

import { AckPolling } from '../../../src/producer/ack-polling.js'

const POLL_MS = 0.2

/** The loop, with what is asked for at its end. */
function loopOf(world: { nowMs: number; isDone: boolean }) {
  const turns: (() => void)[] = []
  const polling = new AckPolling({
    atEndOfTurn: (callback) => void turns.push(callback),
    nowMs: () => world.nowMs,
    isDone: () => world.isDone,
  })
  return { polling, turns, turn: () => turns.shift()?.() }
}

test('looks until its time is over, counted from the last publish', () => {
  const world = { nowMs: 5, isDone: false }
  const { polling, turns, turn } = loopOf(world)
  polling.stirred()
  polling.stirred()
  expect(turns).toHaveLength(1)
  turn()
  world.nowMs += POLL_MS - 0.01
  turn()
  expect(turns).toHaveLength(1)
  polling.stirred()
  turn()
  world.nowMs += POLL_MS - 0.01
  turn()
  expect(turns).toHaveLength(1)
  world.nowMs += 0.02
  turn()
  expect(turns).toHaveLength(0)
  polling.stirred()
  expect(turns).toHaveLength(1)
})

test('stops at once when nobody waits any more', () => {
  const world = { nowMs: 5, isDone: false }
  const { polling, turns, turn } = loopOf(world)
  polling.stirred()
  turn()
  world.isDone = true
  turn()
  expect(turns).toHaveLength(0)
})
