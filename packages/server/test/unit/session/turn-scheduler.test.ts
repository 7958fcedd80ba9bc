/** Who gets a turn, how often, and who has to wait. */

import { expect, test } from 'vitest'

import type { Timers } from '../../../src/io/timers.js'
import { TurnScheduler, type TurnTask } from '../../../src/session/turn-scheduler.js'

const MIB = 1024 * 1024

/** Turn ends that happen when the test says so. */
class ManualTurns implements Timers {
  readonly pending: (() => void)[] = []

  nowMs(): number {
    return 0
  }

  after(): () => void {
    return () => undefined
  }

  every(): () => void {
    return () => undefined
  }

  atTurnEnd(callback: () => void): void {
    this.pending.push(callback)
  }

  endTurn(): void {
    for (const callback of this.pending.splice(0)) callback()
  }
}

function setUp() {
  const turns = new ManualTurns()
  const scheduler = new TurnScheduler(turns)
  const runs: string[] = []
  const task = (name: string, run: () => number = () => 0): TurnTask => ({
    runTurn() {
      runs.push(name)
      return run()
    },
  })
  return { turns, scheduler, runs, task }
}

test('a task that asks twice in a turn runs once, and one turn end serves all', () => {
  const { turns, scheduler, runs, task } = setUp()
  const [a, b] = [task('a'), task('b')]
  scheduler.schedule(a)
  scheduler.schedule(b)
  scheduler.schedule(a)
  expect(turns.pending).toHaveLength(1)
  turns.endTurn()
  expect(runs).toEqual(['a', 'b'])
  expect(turns.pending).toHaveLength(0)
})

test('a task that asks again while it runs waits for the next turn', () => {
  const { turns, scheduler, runs, task } = setUp()
  const again: TurnTask = task('again', () => {
    scheduler.schedule(again)
    return 0
  })
  scheduler.schedule(again)
  turns.endTurn()
  turns.endTurn()
  expect(runs).toEqual(['again', 'again'])
})

test('when a turn has sent 8 MiB, the others come first in the next one', () => {
  const { turns, scheduler, runs, task } = setUp()
  const greedy: TurnTask = task('greedy', () => {
    scheduler.schedule(greedy)
    return 8 * MIB
  })
  scheduler.schedule(greedy)
  scheduler.schedule(task('b'))
  scheduler.schedule(task('c'))
  turns.endTurn()
  expect(runs).toEqual(['greedy'])
  turns.endTurn()
  expect(runs).toEqual(['greedy', 'b', 'c', 'greedy'])
})

test('a task that was withdrawn does not run', () => {
  const { turns, scheduler, runs, task } = setUp()
  const [a, b] = [task('a'), task('b')]
  scheduler.schedule(a)
  scheduler.schedule(b)
  scheduler.cancel(a)
  turns.endTurn()
  expect(runs).toEqual(['b'])
})
