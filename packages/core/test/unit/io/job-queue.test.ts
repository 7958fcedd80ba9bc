import { describe, expect, it } from 'vitest'
import { JobQueue } from '../../../src/io/job-queue.js'
import { thrownBy } from '../../support/errors.js'

describe('JobQueue', () => {
  it('runs one job after another, in order, whatever they take', async () => {
    const jobs = new JobQueue(() => undefined)
    const order: string[] = []
    const run = (name: string, turns: number): Promise<string> =>
      jobs.run(async () => {
        order.push(`${name} begins`)
        for (let at = 0; at < turns; at += 1) await Promise.resolve()
        order.push(`${name} ends`)
        return name
      })
    expect(await Promise.all([run('a', 9), run('b', 0), run('c', 3)])).toEqual(['a', 'b', 'c'])
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  })

  it('goes on behind a job that failed, and tells who asked for it', async () => {
    const unheard: unknown[] = []
    const jobs = new JobQueue((error) => unheard.push(error))
    const failure = new Error('failed')
    const fail = (): Promise<never> => Promise.reject(failure)
    const asked = thrownBy(jobs.run(fail))
    jobs.push(fail)
    const after = jobs.run(() => Promise.resolve(1))
    expect(await asked).toBe(failure)
    expect(await after).toBe(1)
    expect(unheard).toEqual([failure])
  })

  it('is idle when everything before is done', async () => {
    const jobs = new JobQueue(() => undefined)
    await jobs.idle()
    let isDone = false
    jobs.push(async () => {
      for (let at = 0; at < 5; at += 1) await Promise.resolve()
      isDone = true
    })
    await jobs.idle()
    expect(isDone).toBe(true)
  })
})
