/** Records that are appended one by one and share batches, as seen from outside. */

import { StorageError } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import type { Log } from '../../../src/index.js'
import { thrownBy } from '../../support/errors.js'
import { produce, range, valuesOf } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { openTestLog, openTestStore, SMALL } from '../../support/test-store.js'

/** Record counts of the stored batches. */
function batchesOf(log: Log): number[] {
  return Array.from(log.batches({ from: 'first' }), ({ recordCount }) => recordCount)
}

describe.each(['fsync', 'relaxed'] as const)('records appended one by one (%s)', (durability) => {
  const config = { ...SMALL, durability }

  it('in one turn are one batch, in order, each with its offset', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, config)
    const { log } = opened
    const results = await Promise.all(range(0, 50).map((at) => log.append({ value: `${at}` })))
    expect(results.map(({ baseOffset }) => baseOffset)).toEqual(range(0, 50))
    expect(results.map(({ endOffset }) => endOffset)).toEqual(range(1, 51))
    expect(batchesOf(log)).toEqual([50])
    expect(await valuesOf(log)).toEqual(range(0, 50).map(String))
  })

  it('are copied before the call returns', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, config)
    const { log } = opened
    const value = new Uint8Array([97])
    const first = log.append({ value })
    value[0] = 98
    const second = log.append({ value })
    value[0] = 99
    await Promise.all([first, second])
    expect(await valuesOf(log)).toEqual(['a', 'b'])
  })

  it('come before whatever is called next', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, config)
    const { log } = opened
    const calls = [
      log.append({ value: '0' }),
      log.append([{ value: '1' }, { value: '2' }]),
      log.append({ value: '3' }),
      log.append({ value: '4', key: 'k' }),
      log.append({ value: '5' }, { expectedOffset: 5 }),
      log.append({ value: '6' }),
    ]
    expect(log.endOffset).toBe(7)
    calls.push(log.append({ value: '7' }))
    expect(log.appendBatch(produce([{ value: '8' }])).baseOffset).toBe(8)
    calls.push(log.append({ value: '9' }))
    expect(log.describe().endOffset).toBe(10)
    calls.push(log.append({ value: '10' }))
    await log.flush()
    expect(log.durableOffset).toBe(11)
    await Promise.all(calls)
    expect(await valuesOf(log)).toEqual(range(0, 11).map(String))
    expect(batchesOf(log)).toEqual([1, 2, 1, 1, 1, 1, 1, 1, 1, 1])
  })

  it('go on while one of them fails', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, config)
    const { log } = opened
    const before = log.append({ value: 'a' })
    const refused = thrownBy(log.append({ value: 'x' }, { expectedOffset: 7 }))
    const after = log.append({ value: 'b' })
    expect(await refused).toMatchObject({ code: 'EXPECTED_OFFSET_MISMATCH' })
    expect((await before).baseOffset).toBe(0)
    expect((await after).baseOffset).toBe(1)
  })

  it('roll over segments, large ones among them', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, config)
    const { log } = opened
    const sizes = range(0, 300).map((at) => (at % 37 === 0 ? 70_000 + at : (at * 531) % 4000))
    const values = sizes.map((size, at) => `${at} `.padEnd(size, 'x'))
    const results = await Promise.all(values.map((value) => log.append({ value })))
    expect(results.map(({ baseOffset }) => baseOffset)).toEqual(range(0, 300))
    expect(await valuesOf(log)).toEqual(values)
  })

  it('are in the log before it closes, and refused afterwards', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path, config)
      const appended = opened.log.append({ value: 'last' })
      const closed = opened.store.close()
      expect((await appended).baseOffset).toBe(0)
      expect(await thrownBy(opened.log.append({ value: 'late' }))).toMatchObject({
        code: 'STREAM_CLOSED',
      })
      await closed
    }
    await using opened = await openTestLog(directory.path, config)
    expect(await valuesOf(opened.log)).toEqual(['last'])
  })
})

describe('the logs of a store', () => {
  it('take turns', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    const first = await opened.store.ensure('a')
    const second = await opened.store.ensure('b')
    const calls = range(0, 40).map((at) =>
      (at % 2 === 0 ? first : second).append({ value: String(at) }),
    )
    await Promise.all(calls)
    for (const [at, log] of [first, second].entries()) {
      expect(await valuesOf(log)).toEqual(range(0, 20).map((each) => String(each * 2 + at)))
    }
  })

  it('are read up to what was appended in the same turn', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, { ...SMALL, durability: 'relaxed' })
    const { log } = opened
    const calls = range(0, 5).map((at) => log.append({ value: String(at) }))
    const read = [...log.batches({ from: 'first' })].length
    expect(read).toBe(1)
    const reader = log.reader(0)
    calls.push(log.append({ value: '5' }))
    expect(reader.next(1_000_000)?.endOffset).toBe(6)
    await Promise.all(calls)
  })
})

describe('a record that was collected and cannot be appended', () => {
  it('is refused to its caller, not to whoever comes next', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path, { activeMappingsMax: 1 })
    const { store, storage } = opened
    const resting = await store.ensure('resting')
    await resting.append({ value: 'a' })
    const other = await store.ensure('other')
    await other.append({ value: 'b' })
    await storage.quiet()
    await other.append({ value: 'c' })
    const open = storage.open.bind(storage)
    storage.open = () => {
      throw new StorageError('IO_ERROR', 'there are no descriptors left')
    }
    const refused = thrownBy(resting.append({ value: 'lost' }))
    const next = await other.append({ value: 'd' })
    expect(await refused).toMatchObject({ code: 'IO_ERROR' })
    storage.open = open
    expect(next.baseOffset).toBe(2)
    expect((await resting.append({ value: 'e' })).baseOffset).toBe(1)
    expect(await valuesOf(resting)).toEqual(['a', 'e'])
    expect(await valuesOf(other)).toEqual(['b', 'c', 'd'])
  })

  it('leaves the log whole when its segment could not be sealed', async () => {
    using directory = temporaryDirectory()
    const config = { activeMappingsMax: 1 }
    await using opened = await openTestStore(directory.path, config)
    const { store, storage } = opened
    const log = await store.ensure('full', SMALL)
    const value = new Uint8Array(30_000)
    await log.append([{ value }, { value }])
    await log.flush()
    await storage.quiet()
    const rival = await store.ensure('rival')
    await rival.append({ value: 'takes the only mapping' })
    await storage.quiet()
    const open = storage.open.bind(storage)
    storage.open = () => {
      throw new StorageError('IO_ERROR', 'there are no descriptors left')
    }
    expect(await thrownBy(log.append([{ value }]))).toMatchObject({ code: 'IO_ERROR' })
    storage.open = open
    expect((await log.append([{ value: 'c' }])).baseOffset).toBe(2)
    expect((await log.append([{ value }])).baseOffset).toBe(3)
    expect(log.describe().segmentCount).toBe(2)
    expect((await valuesOf(log)).length).toBe(4)
  })

  it('keeps the room that it was promised', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    const log = await opened.store.ensure('large', { durability: 'relaxed' })
    for (let at = 0; at < 12; at += 1) await log.append({ value: new Uint8Array(5000) })
    await opened.storage.quiet()
    const collected = log.append({ value: new Uint8Array(6000) })
    const room = log.makeRoom(4_000_000)
    expect((await collected).baseOffset).toBe(12)
    await room
    expect((await log.append({ value: 'next' })).baseOffset).toBe(13)
    expect((await valuesOf(log)).length).toBe(14)
  })

  it('is refused when the log failed before its turn was over', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log, storage } = opened
    await log.append({ value: 'a' })
    storage.interfere = ({ kind }) => {
      if (kind === 'sync') throw new StorageError('IO_ERROR', 'the disk is gone')
    }
    const first = thrownBy(log.append({ value: 'b' }))
    const refusals: unknown[] = []
    log.onDurable(() => {
      if (log.failure !== undefined) refusals.push(thrownBy(log.append({ value: 'c' })))
    })
    expect(await first).toMatchObject({ code: 'STREAM_POISONED' })
    expect(refusals.length).toBe(1)
    expect(await refusals[0]).toMatchObject({ code: 'STREAM_POISONED' })
  })
})
