/**
 * More streams than the process may have files open: quiet ones rest for those in use. What fails because none can
 * rest has changed nothing, and works once one can.
 */
import { execFile } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../../src/index.js'
import type { Log, Store } from '../../../src/index.js'
import { CountedStorage } from '../../support/counted-storage.js'
import { errorOf } from '../../support/errors.js'
import { ManualScheduler } from '../../support/manual-scheduler.js'
import { produce, range, valuesOf } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { appendSegments, SMALL } from '../../support/test-store.js'

const STREAMS = range(0, 30).map((at) => `s-${String(at)}`)

async function appendInTurn(store: Store, value: string): Promise<Log[]> {
  const logs: Log[] = []
  for (const name of STREAMS) {
    const log = await store.ensure(name)
    await log.append({ value })
    logs.push(log)
  }
  return logs
}

describe('streams that are written in turn, more than files may be open', () => {
  it('are all written, and no attempt is in vain for long', async () => {
    using directory = temporaryDirectory()
    const storage = new CountedStorage(directory.path)
    await using store = await openStore(directory.path, { storage })
    storage.openCountMax = 12
    await appendInTurn(store, 'one')
    const refusedFirst = storage.refusedCount
    expect(refusedFirst).toBeGreaterThan(0)
    const logs = await appendInTurn(store, 'two')
    for (const log of logs) expect(await valuesOf(log)).toEqual(['one', 'two'])
    // The limit has adapted: by now files are closed before there is no descriptor.
    expect(storage.refusedCount).toBe(refusedFirst)
    expect(storage.openPaths.length).toBeLessThan(12)
  })

  it('are written side by side with one whose sealed segments are read', async () => {
    using directory = temporaryDirectory()
    const storage = new CountedStorage(directory.path)
    await using store = await openStore(directory.path, { storage })
    const long = await store.ensure('long', SMALL)
    await appendSegments(long, 20)
    await long.flush()
    await long.applyRetention()
    storage.openCountMax = 8
    let count = 0
    for await (const { offset } of long.read({ from: 'first' })) {
      expect(offset).toBe(count)
      count += 1
      await (await store.ensure(`s-${String(count % 10)}`)).append({ value: 'beside' })
    }
    expect(count).toBe(long.endOffset)
  })
})

/** Takes every descriptor away: what can rest does, and then nothing can be opened. */
async function takeAll(store: Store, storage: CountedStorage): Promise<void> {
  storage.openCountMax = 0
  for (let attempt = 0; storage.openPaths.length > 0; attempt += 1) {
    expect(attempt).toBeLessThan(1000)
    await errorOf('IO_ERROR', store.ensure('one-more'))
  }
}

describe('where no segment can rest', () => {
  it('an append fails, poisons nothing, and works once one can', async () => {
    using directory = temporaryDirectory()
    const storage = new CountedStorage(directory.path)
    await using store = await openStore(directory.path, { storage })
    const logs = await appendInTurn(store, 'one')
    await takeAll(store, storage)
    for (const log of logs) {
      const error = await errorOf('IO_ERROR', log.append({ value: 'none' }))
      expect(error.details['errno']).toBe('EMFILE')
      expect([log.failure, log.endOffset]).toEqual([undefined, 1])
    }
    storage.openCountMax = 12
    for (const log of logs) await log.append({ value: 'two' })
    for (const log of logs) expect(await valuesOf(log)).toEqual(['one', 'two'])
  })

  it('a roll fails, poisons nothing, and works once one can', async () => {
    using directory = temporaryDirectory()
    const storage = new CountedStorage(directory.path)
    await using store = await openStore(directory.path, { storage })
    const log = await store.ensure('s', SMALL)
    const value = new Uint8Array(20_000)
    for (let at = 0; at < 3; at += 1) await log.append({ value })
    while (!log.hasRoomFor(value.length)) await log.makeRoom(value.length)
    expect(storage.openPaths).toHaveLength(1)
    storage.openCountMax = 1
    // The prepared file is what cannot be opened, and the segment that is to be sealed does not rest for it.
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await errorOf('IO_ERROR', log.append({ value }))
      expect([log.failure, log.endOffset, storage.openPaths.length]).toEqual([undefined, 3, 1])
    }
    storage.openCountMax = 3
    await log.append({ value })
    expect((await valuesOf(log)).length).toBe(4)
  })

  it('a reader fails, and reads on where it was once a segment can be opened', async () => {
    using directory = temporaryDirectory()
    {
      await using store = await openStore(directory.path)
      await appendSegments(await store.ensure('s', SMALL), 3)
    }
    const storage = new CountedStorage(directory.path)
    // One sealed segment stays open, so that each comes to be opened.
    await using store = await openStore(directory.path, { storage, mappedBytesMax: 1 })
    const log = await store.open('s')
    const reader = log.reader(0)
    while (reader.nextOffset < log.endOffset) {
      const { nextOffset } = reader
      storage.openCountMax = 0
      // Whoever looks ahead leaves it to `next` to say what is wrong, and by then it may be well.
      await reader.warm(1)
      storage.openCountMax = Infinity
      expect(reader.next(1)?.baseOffset).toBe(nextOffset)
    }
  })

  it('giving up records fails, poisons nothing, and works once one can', async () => {
    using directory = temporaryDirectory()
    const storage = new CountedStorage(directory.path)
    await using store = await openStore(directory.path, { storage })
    const [log] = await appendInTurn(store, 'one')
    if (log === undefined) throw new Error('unreachable')
    await takeAll(store, storage)
    await errorOf('IO_ERROR', log.trim(1))
    expect([log.failure, log.startOffset]).toEqual([undefined, 0])
    storage.openCountMax = 12
    expect(await log.trim(1)).toBe(1)
    await log.append({ value: 'goes on' })
    expect(await valuesOf(log)).toEqual(['goes on'])
  })
})

describe('where no segment can rest, a log written as far behind its recovery point as may be', () => {
  it('has no room, is not poisoned, and has room once the point can be synced', async () => {
    using directory = temporaryDirectory()
    const storage = new CountedStorage(directory.path)
    const recoveryLimits = { checkpointBytes: 1024 * 1024, unsyncedBytesMax: 16 * 1024 }
    // Nothing is synced but when it is asked for.
    const scheduler = new ManualScheduler()
    const options = { storage, recoveryLimits, scheduler, activeMappingsMax: 1 }
    await using store = await openStore(directory.path, options)
    const log = await store.ensure('s')
    const other = await store.ensure('other')
    const batch = produce([{ value: new Uint8Array(1000) }])
    while (log.hasRoomFor(batch.length)) log.appendBatch(batch)
    await log.flush()
    expect(log.hasRoomFor(batch.length)).toBe(false)
    other.appendBatch(batch)
    await other.flush()
    expect(storage.openPaths.filter((path) => path.startsWith('streams/s/'))).toEqual([])
    storage.openCountMax = 0
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await errorOf('IO_ERROR', log.makeRoom(batch.length))
      expect(log.failure).toBeUndefined()
    }
    storage.openCountMax = Infinity
    await log.makeRoom(batch.length)
    expect(log.hasRoomFor(batch.length)).toBe(true)
  })
})

describe.runIf(process.platform === 'linux')('a process with a limit on its descriptors', () => {
  it('writes and reads more streams than that', async () => {
    using directory = temporaryDirectory()
    const program = fileURLToPath(new URL('../../programs/few-descriptors.mjs', import.meta.url))
    const limited = 'ulimit -n 90 && exec "$0" "$@"'
    const args = ['-c', limited, process.execPath, program, directory.path, '200']
    const { stdout } = await promisify(execFile)('/bin/sh', args)
    expect(JSON.parse(stdout)).toEqual([])
  }, 60_000)
})
