/**
 * A process that dies before any one of its operations on the disk: what it leaves is opened each time.
 *
 * The files are copied as they are in the page cache, which is what a kill leaves; loss of power is
 * another test. Operations run one after another here, so that a copy is a moment.
 */

import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Store, StreamConfigInput } from '../../src/index.js'
import { copyDirectory } from '../support/files.js'
import { produce, textOf } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'
import { openTestStore, SMALL } from '../support/test-store.js'

const NAME = 'kept'
const PRODUCER = { name: 'producer' }

/** What the program was told so far: all of it must be found. */
interface Told {
  /** Records that were acknowledged. */
  acknowledged: number
  /** Records that were handed over. */
  handedOver: number
  /** The start a trim has resolved with, and the one that was asked for. */
  trimmed: number
  trimming: number
  lastSequence: number
  committed: number
  committing: number
  /** Streams that exist, those that may, and those that are gone. */
  readonly streams: Map<string, 'created' | 'deleted' | 'between'>
}

/** Opens what a kill at this moment would leave, and compares. */
async function verify(root: string, config: StreamConfigInput, told: Told): Promise<void> {
  await using opened = await openTestStore(root)
  const { store } = opened
  for (const [name, state] of told.streams) {
    if (state !== 'between') expect(store.has(name), name).toBe(state === 'created')
    if (store.has(name)) await verifyStream(store, name)
  }
  if (!store.has(NAME)) return
  const log = await store.ensure(NAME, config)
  expect(log.recovery.damage).toBeUndefined()
  expect(log.endOffset).toBeGreaterThanOrEqual(told.acknowledged)
  expect(log.endOffset).toBeLessThanOrEqual(told.handedOver)
  expect([told.trimmed, told.trimming]).toContain(log.startOffset)
  let next = log.startOffset
  for await (const { offset, value } of log.read({ from: 'first' })) {
    expect(offset).toBe(next)
    expect(textOf(value.subarray(0, 10)).split(' ')[0]).toBe(String(offset))
    next += 1
  }
  expect(next).toBe(log.endOffset)
  expect(log.openProducer(PRODUCER).lastSequence).toBeGreaterThanOrEqual(told.lastSequence)
  expect([told.committed, told.committing]).toContain(log.cursors.get('consumer')?.offset ?? 0)
  expect((await log.append({ value: 'after' })).baseOffset).toBe(next)
}

/** A stream that is there is there whole: it opens and takes records. */
async function verifyStream(store: Store, name: string): Promise<void> {
  if (name === NAME) return
  const log = await store.open(name)
  const { baseOffset } = await log.append({ value: 'x' })
  expect(baseOffset).toBe(log.startOffset)
}

function recordAt(offset: number): { value: Uint8Array } {
  const value = new Uint8Array(9000)
  value.set(new TextEncoder().encode(`${String(offset)} `))
  return { value }
}

describe('a process that dies before an operation', () => {
  it.each(['fsync', 'relaxed'] as const)(
    'leaves a store in which everything it was told is true (%s)',
    async (durability) => {
      using directory = temporaryDirectory()
      const config: StreamConfigInput = { ...SMALL, durability }
      const opened = await openTestStore(directory.at('alive'))
      const { store, storage } = opened
      const told: Told = {
        acknowledged: 0,
        handedOver: 0,
        trimmed: 0,
        trimming: 0,
        lastSequence: -1,
        committed: 0,
        committing: 0,
        streams: new Map([[NAME, 'between']]),
      }
      let count = 0
      storage.isSerial = true
      storage.interfere = async () => {
        count += 1
        const copy = copyDirectory(directory.at('alive'), directory.at('copy'))
        await verify(copy, config, { ...told, streams: new Map(told.streams) })
        rmSync(copy, { recursive: true })
      }

      const log = await store.ensure(NAME, config)
      told.streams.set(NAME, 'created')
      const { lastSequence, ...handle } = log.openProducer(PRODUCER)
      let sequence = lastSequence + 1
      const appendSome = async (records: number): Promise<void> => {
        for (let at = 0; at < records; at += 1) {
          told.handedOver += 1
          await log.append(recordAt(log.endOffset))
          told.acknowledged = log.endOffset
        }
        told.handedOver += 2
        const pair = [recordAt(log.endOffset), recordAt(log.endOffset + 1)]
        const batch = produce(pair, { ...handle, baseSequence: sequence })
        await log.makeRoom(batch.length)
        log.appendBatch(batch)
        await log.flush()
        told.acknowledged = log.endOffset
        sequence += 2
        told.lastSequence = sequence - 1
      }
      const trimTo = async (offset: number): Promise<void> => {
        told.trimming = offset
        await log.trim(offset)
        told.trimmed = offset
      }

      await appendSome(4)
      told.committing = 3
      await log.cursors.commit('consumer', 3)
      told.committed = 3
      await appendSome(8)
      told.streams.set('other', 'between')
      await store.ensure('other')
      told.streams.set('other', 'created')
      await trimTo(9)
      await appendSome(5)
      told.streams.set('other', 'between')
      await store.delete('other')
      told.streams.set('other', 'deleted')
      await trimTo(log.durableOffset)
      told.handedOver += 1
      await log.append({ value: `${String(log.endOffset)} ${'x'.repeat(100_000)}` })
      told.acknowledged = log.endOffset
      await store.close()
      expect(log.endOffset).toBe(told.handedOver)
      expect(count).toBeGreaterThan(80)
    },
    60_000,
  )
})
