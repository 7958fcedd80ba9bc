import { describe, expect, it } from 'vitest'
import { NamedJobs } from '../../../src/io/named-jobs.js'
import { thrownBy } from '../../support/errors.js'

/** A job that says when it begins and ends, some turns apart. */
function jobOf(order: string[], name: string, turns: number): () => Promise<string> {
  return async () => {
    order.push(`${name} begins`)
    for (let at = 0; at < turns; at += 1) await Promise.resolve()
    order.push(`${name} ends`)
    return name
  }
}

describe('NamedJobs', () => {
  it('runs those of one name one after another, those of others meanwhile', async () => {
    const jobs = new NamedJobs()
    const order: string[] = []
    const results = [
      jobs.run('a', jobOf(order, 'a1', 9)),
      jobs.run('a', jobOf(order, 'a2', 0)),
      jobs.run('b', jobOf(order, 'b1', 2)),
    ]
    expect(jobs.count).toBe(2)
    expect(await Promise.all(results)).toEqual(['a1', 'a2', 'b1'])
    expect(order).toEqual(['a1 begins', 'b1 begins', 'b1 ends', 'a1 ends', 'a2 begins', 'a2 ends'])
  })

  it('goes on behind a job that failed, and tells who asked for it', async () => {
    const jobs = new NamedJobs()
    const failure = new Error('failed')
    const failed = thrownBy(jobs.run('a', () => Promise.reject(failure)))
    const after = jobs.run('a', () => Promise.resolve(1))
    expect(await failed).toBe(failure)
    expect(await after).toBe(1)
  })

  it('is idle when nothing is left, and keeps nothing of a name then', async () => {
    const jobs = new NamedJobs()
    await jobs.idle()
    const order: string[] = []
    void jobs.run('a', async () => {
      void jobs.run('b', jobOf(order, 'b', 20))
      await jobOf(order, 'a', 3)()
    })
    await jobs.idle()
    expect(order.at(-1)).toBe('b ends')
    expect(jobs.count).toBe(0)
  })
})
