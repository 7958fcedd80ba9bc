/** How far a log is written behind the recovery point that is durable, and the sync that moves it. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readRecoveryPoint, SEGMENT_HEADER_BYTES, segmentFileName } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import type { StoreOptions } from '../../../src/index.js'
import { errorOf } from '../../support/errors.js'
import { copyDirectory, patchFile, streamDirectory } from '../../support/files.js'
import { ManualScheduler } from '../../support/manual-scheduler.js'
import { Gate } from '../../support/observed-storage.js'
import { produce, sized } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { openTestLog, STREAM, type TestLog } from '../../support/test-store.js'

const CONFIG = { segmentBytesMax: '64KiB' } as const
const UNSYNCED_MAX = 16 * 1024
const recoveryLimits = { checkpointBytes: 1024 * 1024, unsyncedBytesMax: UNSYNCED_MAX }
const BATCH = produce([{ value: sized(1, 1000) }])
const SEGMENT = segmentFileName(0)

async function open(
  root: string,
  options: Pick<StoreOptions, 'scheduler'> = {},
  durability: 'fsync' | 'relaxed' = 'fsync',
): Promise<TestLog> {
  return openTestLog(root, { ...CONFIG, durability }, { recoveryLimits, ...options })
}

function segmentIn(root: string): string {
  return join(streamDirectory(root, STREAM), SEGMENT)
}

describe('a log whose syncs do not end', () => {
  it('has room for no more than the bound behind the header, to the byte', async () => {
    using directory = temporaryDirectory()
    await using opened = await open(directory.path, { scheduler: new ManualScheduler() })
    const { log } = opened
    const fitting = Math.floor(UNSYNCED_MAX / BATCH.length)
    for (let count = 0; count < fitting; count += 1) {
      expect(log.hasRoomFor(BATCH.length)).toBe(true)
      log.appendBatch(BATCH)
    }
    const left = UNSYNCED_MAX - fitting * BATCH.length
    expect(log.hasRoomFor(left)).toBe(true)
    expect(log.hasRoomFor(left + 8)).toBe(false)
    expect(() => log.appendBatch(BATCH)).toThrow(/no room/)
    expect(log.endOffset).toBe(fitting)
  })

  it('waits for the recovery point, and only then appends', async () => {
    using directory = temporaryDirectory()
    await using opened = await open(directory.path)
    const { log, storage } = opened
    const gate = new Gate()
    storage.interfere = ({ kind }) => (kind === 'sync' ? gate.pass() : undefined)
    const count = 40
    const appends = Array.from({ length: count }, () => log.append({ value: sized(2, 1000) }))
    await gate.reached
    expect(log.endOffset * 1000).toBeLessThanOrEqual(UNSYNCED_MAX)
    gate.open()
    const results = await Promise.all(appends)
    expect(results.map(({ baseOffset }) => baseOffset)).toEqual(
      Array.from({ length: count }, (_, at) => at),
    )
  })

  it('is not held up in relaxed mode, which promises nothing of what came last', async () => {
    using directory = temporaryDirectory()
    const scheduler = new ManualScheduler()
    await using opened = await open(directory.path, { scheduler }, 'relaxed')
    const { log } = opened
    for (let bytes = 0; bytes < 3 * UNSYNCED_MAX; bytes += BATCH.length) {
      expect(log.hasRoomFor(BATCH.length)).toBe(true)
      log.appendBatch(BATCH)
    }
  })

  it('ends appending when the sync that would move the point fails', async () => {
    using directory = temporaryDirectory()
    await using opened = await open(directory.path)
    const { log, storage } = opened
    while (log.hasRoomFor(BATCH.length)) log.appendBatch(BATCH)
    storage.interfere = ({ kind }) => {
      if (kind === 'sync') throw new Error('the disk is gone')
    }
    await errorOf('STREAM_POISONED', log.makeRoom(BATCH.length))
    await opened.store.close().catch(() => undefined)
  })

  it('gives up waiting when it is closed', async () => {
    using directory = temporaryDirectory()
    await using opened = await open(directory.path)
    const { log, storage } = opened
    const gate = new Gate()
    storage.interfere = ({ kind }) => (kind === 'sync' ? gate.pass() : undefined)
    const appends = Array.from({ length: 40 }, () => log.append({ value: sized(2, 1000) }))
    await gate.reached
    const closing = opened.store.close()
    gate.open()
    const outcomes = await Promise.allSettled(appends)
    await closing
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    for (const outcome of refused)
      expect((outcome as PromiseRejectedResult).reason).toMatchObject({ code: 'STREAM_CLOSED' })
    expect(outcomes.length - refused.length).toBeGreaterThan(0)
  })
})

describe('recovery of an fsync stream', () => {
  it('looks as far behind the recovery point as the log may have been written, and no further', async () => {
    using directory = temporaryDirectory()
    await using opened = await open(directory.at('alive'))
    await opened.log.append({ value: sized(1, 1000) })
    const point = readRecoveryPoint(readFileSync(segmentIn(directory.at('alive'))))
    const reach = (point?.durablePosition ?? 0) + UNSYNCED_MAX
    for (const [name, position] of [
      ['within', reach - 1],
      ['behind', reach],
    ] as const) {
      const copy = copyDirectory(directory.at('alive'), directory.at(name))
      patchFile(segmentIn(copy), (bytes) => {
        bytes[position] = 0x11
        return bytes
      })
      await using reopened = await open(copy)
      const { tornTail } = reopened.log.recovery
      expect(tornTail?.truncatedBytes, name).toBe(
        name === 'within' ? position + 1 - (point?.durablePosition ?? 0) : undefined,
      )
    }
  })

  it('looks to the end where a recovery point is damaged, and a newer one may have been', async () => {
    using directory = temporaryDirectory()
    await using opened = await open(directory.at('alive'))
    await opened.log.append({ value: sized(1, 1000) })
    await opened.log.append({ value: sized(2, 1000) })
    const copy = copyDirectory(directory.at('alive'), directory.at('copy'))
    patchFile(segmentIn(copy), (bytes) => {
      bytes[SEGMENT_HEADER_BYTES - 1] = (bytes[SEGMENT_HEADER_BYTES - 1] ?? 0) ^ 1
      bytes[bytes.length - 9] = 0x11
      return bytes
    })
    await using reopened = await open(copy)
    expect(reopened.log.recovery.tornTail).toBeDefined()
  })
})

describe('the sync of a stream that has gone quiet', () => {
  /** Ends the turn and waits for what it began. */
  async function turn({ storage }: TestLog, scheduler: ManualScheduler): Promise<void> {
    scheduler.endTurn()
    await storage.quiet()
  }

  function syncs({ storage }: TestLog): number {
    return storage.pathsOf('sync').length
  }

  it('comes once, a second after the last commit', async () => {
    using directory = temporaryDirectory()
    const scheduler = new ManualScheduler()
    await using opened = await open(directory.path, { scheduler })
    opened.log.appendBatch(BATCH)
    await turn(opened, scheduler)
    const before = syncs(opened)
    scheduler.advance(999)
    await turn(opened, scheduler)
    expect(syncs(opened)).toBe(before)
    scheduler.advance(1)
    await turn(opened, scheduler)
    expect(syncs(opened)).toBe(before + 1)
    scheduler.advance(10_000)
    await turn(opened, scheduler)
    expect(syncs(opened)).toBe(before + 1)
  })

  it('does not come while the stream is busy: the next commit makes the point durable', async () => {
    using directory = temporaryDirectory()
    const scheduler = new ManualScheduler()
    await using opened = await open(directory.path, { scheduler })
    opened.log.appendBatch(BATCH)
    await turn(opened, scheduler)
    opened.log.appendBatch(BATCH)
    const before = syncs(opened)
    scheduler.advance(1000)
    await opened.storage.quiet()
    expect(syncs(opened)).toBe(before)
    await turn(opened, scheduler)
    expect(syncs(opened)).toBe(before + 1)
  })

  it('ends appending when it fails, as that of a commit does', async () => {
    using directory = temporaryDirectory()
    const scheduler = new ManualScheduler()
    await using opened = await open(directory.path, { scheduler })
    opened.log.appendBatch(BATCH)
    await turn(opened, scheduler)
    opened.storage.interfere = ({ kind }) => {
      if (kind === 'sync') throw new Error('the disk is gone')
    }
    scheduler.advance(1000)
    await turn(opened, scheduler)
    expect(opened.log.failure).toMatchObject({ code: 'STREAM_POISONED' })
    await opened.store.close().catch(() => undefined)
  })
})
