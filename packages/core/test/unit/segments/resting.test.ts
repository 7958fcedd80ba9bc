/** An active segment rests when another stream takes its mapping, but never under a sync in flight. */

import { describe, expect, it } from 'vitest'
import { descriptorsBelow } from '../../support/descriptors.js'
import { thrownBy } from '../../support/errors.js'
import { Gate } from '../../support/observed-storage.js'
import { range, valuesOf } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { openTestStore } from '../../support/test-store.js'

describe('a segment that rests', () => {
  it('does not while it is being synced, also when all of it is durable already', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path, { activeMappingsMax: 1 })
    const { store, storage } = opened
    const busy = await store.ensure('busy')
    const other = await store.ensure('other')
    await busy.append({ value: 'durable' })

    // Giving up the last record syncs the segment once more: of that sync nobody waits for a new offset.
    const gate = new Gate()
    let isSynced = false
    storage.interfere = async ({ kind, path }) => {
      if (kind !== 'sync' || !path.startsWith('streams/busy/')) return
      isSynced = true
      await gate.pass()
    }
    const trimmed = thrownBy(busy.trim(1))
    await gate.reached
    expect(busy.durableOffset).toBe(busy.endOffset)
    await other.append({ value: 'takes the only mapping' })
    gate.open()

    expect(await trimmed).toBeUndefined()
    expect(isSynced).toBe(true)
    expect(busy.startOffset).toBe(1)
    storage.interfere = () => undefined
    await busy.append({ value: 'goes on' })
    expect(await valuesOf(busy)).toEqual(['goes on'])
    expect(await valuesOf(other)).toEqual(['takes the only mapping'])
  })

  it('does once the sync has ended, and wakes on its next use', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path, { activeMappingsMax: 1 })
    const { store, storage } = opened
    const quiet = await store.ensure('quiet')
    const other = await store.ensure('other')
    await quiet.append({ value: 'one' })
    await other.append({ value: 'takes the only mapping' })
    const openings = (): number =>
      storage.pathsOf('open').filter((path) => path.startsWith('streams/quiet/')).length
    const before = openings()
    await quiet.append({ value: 'two' })
    expect(openings()).toBe(before + 1)
    expect(await valuesOf(quiet)).toEqual(['one', 'two'])
  })
})

describe.runIf(process.platform === 'linux')(
  'segments that could not rest when room was needed',
  () => {
    it('rest once their commits have ended', async () => {
      using directory = temporaryDirectory()
      await using opened = await openTestStore(directory.path, { activeMappingsMax: 2 })
      const names = range(0, 20).map((at) => `s-${String(at)}`)
      const logs = await Promise.all(names.map((name) => opened.store.ensure(name)))
      await Promise.all(logs.map((log) => log.append({ value: 'all at once' })))
      expect(descriptorsBelow(directory.at('streams')).length).toBeLessThanOrEqual(2)
    })

    it('rest once a sync has ended that made nothing more durable', async () => {
      using directory = temporaryDirectory()
      await using opened = await openTestStore(directory.path, { activeMappingsMax: 1 })
      const { store, storage } = opened
      const synced = await store.ensure('synced')
      const other = await store.ensure('other')
      await synced.append({ value: 'durable' })
      const gate = new Gate()
      storage.interfere = ({ kind, path }) =>
        kind === 'sync' && path.startsWith('streams/synced/') ? gate.pass() : undefined
      const trimmed = synced.trim(1)
      await gate.reached
      await other.append({ value: 'takes the only mapping' })
      expect(descriptorsBelow(directory.at('streams/synced'))).toHaveLength(1)
      gate.open()
      await trimmed
      await other.append({ value: 'needs it still' })
      expect(descriptorsBelow(directory.at('streams/synced'))).toEqual([])
    })
  },
)
