/**
 * Streams that are created and deleted at the same time on a disk that loses power before any one of its
 * operations: what was acknowledged is so, and what was not is there whole or not at all.
 */
import { Random, SimulatedStorage } from '@tailrace/testing'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../src/index.js'
import { runSeed } from '../support/random.js'
import { range, valuesOf } from '../support/records.js'

const OLD = range(0, 6).map((at) => `old-${String(at)}`)
const NEW = range(0, 6).map((at) => `new-${String(at)}`)
const CRASHES_EACH = 3

type Presence = 'there' | 'gone' | 'between'

interface Loss {
  readonly disk: SimulatedStorage
  readonly told: ReadonlyMap<string, Presence>
}

/** Half of the streams go while others come; the disk as it was before each operation, and what was told. */
async function lossesOf(seed: number): Promise<readonly Loss[]> {
  const disk = SimulatedStorage.empty()
  const losses: Loss[] = []
  const told = new Map<string, Presence>()
  await using store = await openStore('simulated', { storage: disk })
  for (const name of OLD) {
    const durability = Number(name.slice(-1)) % 2 === 0 ? 'fsync' : 'relaxed'
    const log = await store.ensure(name, { durability })
    await log.append({ value: name })
    await log.flush()
    told.set(name, 'there')
  }
  disk.hook = () => {
    for (const at of range(0, CRASHES_EACH)) {
      const random = new Random(seed + losses.length * CRASHES_EACH + at)
      losses.push({ disk: disk.crash(random), told: new Map(told) })
    }
  }
  const change = async (name: string, after: Presence, work: Promise<unknown>): Promise<void> => {
    told.set(name, 'between')
    await work
    told.set(name, after)
  }
  await Promise.all([
    ...NEW.map((name, at) =>
      change(name, 'there', store.ensure(name, at % 2 === 0 ? {} : { durability: 'relaxed' })),
    ),
    ...OLD.slice(0, 3).map((name) => change(name, 'gone', store.delete(name))),
  ])
  disk.hook = () => undefined
  losses.push({ disk: disk.crash(new Random(seed)), told: new Map(told) })
  return losses
}

describe('streams that are created and deleted at once', () => {
  it('are as they were told to be after a loss of power before any operation', async () => {
    const losses = await lossesOf(runSeed())
    expect(losses.length).toBeGreaterThan(CRASHES_EACH * 50)
    for (const [at, { disk, told }] of losses.entries()) {
      await using store = await openStore('after', { storage: disk })
      for (const name of [...OLD, ...NEW]) {
        const state = told.get(name) ?? 'gone'
        const label = `${name} at loss ${String(at)}`
        if (state !== 'between') expect(store.has(name), label).toBe(state === 'there')
        if (!store.has(name)) continue
        const log = await store.open(name)
        expect(log.failure, label).toBeUndefined()
        expect(await valuesOf(log), label).toEqual(OLD.includes(name) ? [name] : [])
        await log.append({ value: 'more' })
      }
      expect(disk.paths('trash'), `loss ${String(at)}`).toEqual([])
    }
  })
})
