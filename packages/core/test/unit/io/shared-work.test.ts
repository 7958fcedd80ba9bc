import { describe, expect, it } from 'vitest'
import { SharedWork } from '../../../src/io/shared-work.js'
import { thrownBy } from '../../support/errors.js'

/** Work that ends when the test says so, run by run. */
function heldWork(): {
  readonly work: () => Promise<void>
  readonly runs: { readonly end: (error?: Error) => void }[]
} {
  const runs: { readonly end: (error?: Error) => void }[] = []
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      runs.push({
        end: (error) => {
          if (error === undefined) resolve()
          else reject(error)
        },
      })
    })
  return { work, runs }
}

describe('SharedWork', () => {
  it('begins at once, and once more for all who asked meanwhile', async () => {
    const { work, runs } = heldWork()
    const shared = new SharedWork(work)
    const done: string[] = []
    const ask = (name: string): Promise<unknown> => shared.run().then(() => done.push(name))
    const first = ask('first')
    const rest = ['a', 'b', 'c'].map(ask)
    expect(runs).toHaveLength(1)
    runs[0]?.end()
    await first
    // A run that began before they asked says nothing to them.
    expect(done).toEqual(['first'])
    expect(runs).toHaveLength(2)
    runs[1]?.end()
    await Promise.all(rest)
    expect(done).toEqual(['first', 'a', 'b', 'c'])
    void ask('later')
    expect(runs).toHaveLength(3)
  })

  it('never runs twice at once, whenever somebody asks', async () => {
    let running = 0
    let runningMax = 0
    const shared = new SharedWork(async () => {
      running += 1
      runningMax = Math.max(runningMax, running)
      for (let at = 0; at < 3; at += 1) await Promise.resolve()
      running -= 1
    })
    const asked: Promise<void>[] = []
    for (let at = 0; at < 40; at += 1) {
      asked.push(shared.run())
      await Promise.resolve()
    }
    await Promise.all(asked)
    expect(runningMax).toBe(1)
  })

  it('fails those that wait for the next run, too, and runs again for who asks then', async () => {
    const { work, runs } = heldWork()
    const shared = new SharedWork(work)
    const failure = new Error('lost')
    const outcomes = [shared.run(), shared.run(), shared.run()].map(thrownBy)
    runs[0]?.end(failure)
    expect(await Promise.all(outcomes)).toEqual([failure, failure, failure])
    expect(runs).toHaveLength(1)
    const again = shared.run()
    runs[1]?.end()
    await again
  })
})
