import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../../src/index.js'
import { writeCheckedFile } from '../../../src/storage/checked-file.js'
import { descriptorsBelow } from '../../support/descriptors.js'
import { errorOf, thrownBy } from '../../support/errors.js'
import { copyDirectory } from '../../support/files.js'
import { ManualScheduler } from '../../support/manual-scheduler.js'
import { Gate, ObservedStorage } from '../../support/observed-storage.js'
import { offsetsOf, range, sized, valuesOf } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { appendSegments, openTestStore, SMALL } from '../../support/test-store.js'

const STORE_META = { directory: '', name: 'store.meta', kind: 'store' }

describe('openStore', () => {
  it('creates the directory and what belongs in it', async () => {
    using directory = temporaryDirectory()
    const root = directory.at('deep', 'er')
    const store = await openStore(root)
    expect(store.directory).toBe(root)
    expect(store.list()).toEqual([])
    expect(readdirSync(root).sort()).toEqual(['lock', 'store.meta', 'streams', 'trash'])
    await store.close()
  })

  it('keeps its identity', async () => {
    using directory = temporaryDirectory()
    const first = await openStore(directory.path)
    const { storeId } = first
    await first.close()
    const second = await openStore(directory.path)
    expect(second.storeId).toBe(storeId)
    expect(storeId).toMatch(/^[0-9a-f]{32}$/)
    await second.close()
  })

  it('refuses a data directory that is a file, or lies below one', async () => {
    using directory = temporaryDirectory()
    writeFileSync(directory.at('file'), 'content')
    for (const path of [directory.at('file'), directory.at('file', 'data')]) {
      const error = await errorOf('IO_ERROR', openStore(path))
      expect(error.message).toMatch(/EEXIST|ENOTDIR/)
      expect(error.message).toContain(path)
    }
    expect(readFileSync(directory.at('file'), 'utf8')).toBe('content')
  })

  it('refuses the store of a later version, and changes nothing in it', async () => {
    using directory = temporaryDirectory()
    const storage = new ObservedStorage(directory.path)
    await writeCheckedFile(storage, STORE_META, { storeVersion: 2, storeId: 'x', lastEpoch: 7 })
    const before = readFileSync(directory.at('store.meta'))
    const error = await errorOf('UNSUPPORTED_STORE_VERSION', openStore(directory.path))
    expect(error.message).toContain('version 2')
    expect(error.action).toBe('stop')
    expect(readFileSync(directory.at('store.meta')).equals(before)).toBe(true)
    expect(readdirSync(directory.path).sort()).toEqual(['lock', 'store.meta'])
    // And has let go of it.
    await errorOf('UNSUPPORTED_STORE_VERSION', openStore(directory.path))
  })

  it('refuses a damaged store.meta at every byte, and lets go of the lock', async () => {
    using directory = temporaryDirectory()
    await (await openStore(directory.path)).close()
    const whole = readFileSync(directory.at('store.meta'))
    for (let at = 0; at < whole.length; at += 7) {
      const damaged = new Uint8Array(whole)
      damaged[at] = (damaged[at] ?? 0) ^ 0x01
      writeFileSync(directory.at('store.meta'), damaged)
      const error = await errorOf('STREAM_CORRUPT', openStore(directory.path))
      expect(error.message).toContain('store.meta')
    }
    writeFileSync(directory.at('store.meta'), whole)
    await (await openStore(directory.path)).close()
  })

  it('clears away what was being created or deleted when a process ended', async () => {
    using directory = temporaryDirectory()
    await (await openStore(directory.path)).close()
    mkdirSync(directory.at('trash', 'new-1'))
    writeFileSync(directory.at('trash', 'new-1', 'stream.meta'), 'half')
    await using opened = await openTestStore(directory.path)
    expect(readdirSync(directory.at('trash'))).toEqual([])
    expect(opened.store.list()).toEqual([])
  })

  it('takes only what can be a stream for one', async () => {
    using directory = temporaryDirectory()
    const first = await openStore(directory.path)
    await first.ensure('good')
    await first.close()
    writeFileSync(directory.at('streams', 'file'), '')
    mkdirSync(directory.at('streams', '.hidden'))
    mkdirSync(directory.at('streams', 'with space'))
    await using opened = await openTestStore(directory.path)
    expect(opened.store.list()).toEqual(['good'])
  })
})

describe('the names of streams', () => {
  it.each([
    ['empty', ''],
    ['a path upwards', '../x'],
    ['two dots', '..'],
    ['one dot', '.'],
    ['hidden', '.hidden'],
    ['a path', 'a/b'],
    ['a path of another system', 'a\\b'],
    ['300 characters', 'x'.repeat(300)],
    ['256 characters', 'x'.repeat(256)],
    ['with a NUL', 'a\0b'],
    ['with a line break', 'a\n'],
    ['with a space', 'a b'],
    ['not ASCII', 'ä'],
  ])('cannot be %s', async (_, name) => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    const { store } = opened
    for (const attempt of [store.ensure(name), store.open(name), store.delete(name)]) {
      const error = await errorOf('INVALID_STREAM_NAME', attempt)
      expect(error.message.length).toBeLessThan(250)
    }
    expect(store.has(name)).toBe(false)
    expect(readdirSync(directory.at('streams'))).toEqual([])
  })

  it('can be all that is allowed, and sort by code unit', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    const names = ['a', 'Z', '-', '_', '0', 'a.b', 'x'.repeat(255)]
    for (const name of names) await opened.store.ensure(name)
    expect(opened.store.list()).toEqual([...names].sort())
  })
})

describe('Store.ensure and open', () => {
  it('gives the same log to all who ask at once, created once', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    const { store } = opened
    const logs = await Promise.all([
      store.ensure('s'),
      store.ensure('s'),
      store.open('s'),
      store.ensure('s', { durability: 'fsync' }),
    ])
    expect(new Set(logs).size).toBe(1)
    expect(store.list()).toEqual(['s'])
  })

  it('says what differs from the configuration that is there', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    const { store } = opened
    await store.ensure('s', { durability: 'relaxed', flushIntervalMs: 50 })
    const error = await errorOf('STREAM_EXISTS', store.ensure('s', { durability: 'fsync' }))
    expect(error.message).toContain('durability is relaxed, asked for fsync')
    expect((await store.ensure('s')).config.flushIntervalMs).toBe(50)
  })

  it('creates nothing for a configuration that is not allowed', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    await errorOf('INVALID_CONFIG', opened.store.ensure('s', { flushIntervalMs: 0 }))
    expect(opened.store.has('s')).toBe(false)
  })

  it('keeps streams and their configuration over a reopening', async () => {
    using directory = temporaryDirectory()
    const config = {
      ...SMALL,
      retention: { maxBytes: '1MiB', maxAge: '7d', maxRecords: 5 },
    } as const
    let before
    {
      await using opened = await openTestStore(directory.path)
      const log = await opened.store.ensure('s', config)
      await log.append({ value: 'x' })
      before = log.describe()
    }
    await using opened = await openTestStore(directory.path)
    expect(opened.store.list()).toEqual(['s'])
    expect((await opened.store.open('s')).describe()).toEqual(before)
  })

  it('knows no stream that nobody created', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    await errorOf('STREAM_NOT_FOUND', opened.store.open('s'))
    await errorOf('STREAM_NOT_FOUND', opened.store.delete('s'))
    expect(opened.store.has('s')).toBe(false)
  })

  it('opens a log anew that was closed by itself', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    const first = await opened.store.ensure('s')
    await first.append({ value: 'kept' })
    const closing = first.close()
    const second = await opened.store.open('s')
    expect(second).not.toBe(first)
    await closing
    expect(await valuesOf(second)).toEqual(['kept'])
    await second.append({ value: 'more' })
  })

  it('reports metadata that is damaged, missing or of a later version, and harms no other stream', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestStore(directory.path)
      for (const name of ['damaged', 'missing', 'later', 'empty', 'good']) {
        await (await opened.store.ensure(name)).append({ value: name })
      }
    }
    const meta = (name: string): string => directory.at('streams', name, 'stream.meta')
    writeFileSync(meta('damaged'), readFileSync(meta('damaged')).fill(0x20, 30, 40))
    rmSync(meta('missing'))
    writeFileSync(meta('empty'), '')
    const later = { directory: 'streams/later', name: 'stream.meta', kind: 'stream' }
    await writeCheckedFile(new ObservedStorage(directory.path), later, { formatVersion: 2 })
    await using opened = await openTestStore(directory.path)
    const { store } = opened
    for (const name of ['damaged', 'missing', 'empty']) {
      const error = await errorOf('STREAM_CORRUPT', store.open(name))
      expect(error.message).toContain(name)
      await errorOf('STREAM_CORRUPT', store.ensure(name))
    }
    await errorOf('UNSUPPORTED_STORE_VERSION', store.open('later'))
    expect(await valuesOf(await store.open('good'))).toEqual(['good'])
    // What cannot be opened can be deleted and made anew.
    for (const name of ['damaged', 'missing', 'later', 'empty']) {
      await store.delete(name)
      expect((await store.ensure(name)).endOffset).toBe(0)
    }
  })

  it('reports a stream without any segment', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestStore(directory.path)
      await opened.store.ensure('s')
    }
    rmSync(directory.at('streams', 's', '00000000000000000000.log'))
    mkdirSync(directory.at('streams', 'nothing'))
    await using opened = await openTestStore(directory.path)
    await errorOf('STREAM_CORRUPT', opened.store.open('s'))
    await errorOf('STREAM_CORRUPT', opened.store.open('nothing'))
  })

  it('does not mind foreign files and directories beside the segments', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestStore(directory.path)
      await (await opened.store.ensure('s')).append({ value: 'kept' })
    }
    const stream = directory.at('streams', 's')
    writeFileSync(`${stream}/README`, 'hello')
    writeFileSync(`${stream}/1.log`, 'not a name of a segment')
    mkdirSync(`${stream}/00000000000000000001.log`)
    mkdirSync(`${stream}/directory.tmp`)
    mkdirSync(`${stream}/directory.prepared`)
    symlinkSync('/nowhere/at/all', `${stream}/dangling`)
    await using opened = await openTestStore(directory.path)
    const log = await opened.store.open('s')
    await log.append({ value: 'more' })
    expect(await valuesOf(log)).toEqual(['kept', 'more'])
  })
})

describe('Store.delete', () => {
  it('takes the stream away with its files, and a new one of the name begins anew', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    const { store } = opened
    const first = await store.ensure('s')
    await first.append({ value: 'old' })
    await store.delete('s')
    expect(store.has('s')).toBe(false)
    expect(readdirSync(directory.at('streams'))).toEqual([])
    expect(readdirSync(directory.at('trash'))).toEqual([])
    await errorOf('STREAM_CLOSED', first.append({ value: 'late' }))
    const second = await store.ensure('s')
    expect(second.streamId).not.toBe(first.streamId)
    expect(second.epoch).toBeGreaterThan(first.epoch)
    expect(second.endOffset).toBe(0)
  })

  it('never repeats an epoch, also over a reopening', async () => {
    using directory = temporaryDirectory()
    const epochs: number[] = []
    for (let at = 0; at < 3; at += 1) {
      await using opened = await openTestStore(directory.path)
      for (let count = 0; count < 2; count += 1) {
        epochs.push((await opened.store.ensure('s')).epoch)
        await opened.store.delete('s')
      }
    }
    expect(epochs).toEqual([...new Set(epochs)].sort((left, right) => left - right))
  })

  it('ends readers, followers and appends in progress with STREAM_CLOSED', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    const { store } = opened
    const log = await store.ensure('s', SMALL)
    await appendSegments(log, 2)
    const following = errorOf('STREAM_CLOSED', offsetsOf(log, { from: 0, follow: true } as never))
    const reading = log.read({ from: 0 })
    expect((await reading.next()).value?.offset).toBe(0)
    const appends = Promise.allSettled(
      range(0, 20).map((at) => log.append({ value: sized(at, 30_000) })),
    )
    await store.delete('s')
    await following
    for (const outcome of await appends) {
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ code: 'STREAM_CLOSED' })
    }
    await errorOf('STREAM_CLOSED', async () => {
      for await (const record of reading) expect(record.value.length).toBeGreaterThan(0)
    })
    expect(readdirSync(directory.at('streams'))).toEqual([])
  })

  it('lets those who open the name meanwhile find that there is no such stream', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    const { store, storage } = opened
    await store.ensure('s')
    const gate = new Gate()
    storage.interfere = async ({ kind }) => {
      if (kind === 'rename') await gate.pass()
    }
    const deleting = store.delete('s')
    await gate.reached
    const late = errorOf('STREAM_NOT_FOUND', store.open('s'))
    gate.open()
    await late
    await deleting
    await errorOf('STREAM_NOT_FOUND', store.delete('s'))
  })

  it('twice at once deletes once', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    await opened.store.ensure('s')
    const outcomes = await Promise.allSettled([opened.store.delete('s'), opened.store.delete('s')])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(outcomes[1]).toMatchObject({ reason: { code: 'STREAM_NOT_FOUND' } })
  })
})

describe('Store.close', () => {
  it('is idempotent, and everything after it is STORE_CLOSED or STREAM_CLOSED', async () => {
    using directory = temporaryDirectory()
    const { store } = await openTestStore(directory.path)
    const log = await store.ensure('s')
    await Promise.all([store.close(), store.close()])
    await store.close()
    await errorOf('STORE_CLOSED', store.ensure('s'))
    await errorOf('STORE_CLOSED', store.open('s'))
    await errorOf('STORE_CLOSED', store.delete('s'))
    await errorOf('STREAM_CLOSED', log.append({ value: 'x' }))
    await errorOf('STREAM_CLOSED', log.makeRoom(100))
    await errorOf('STREAM_CLOSED', () => log.resolveOffset('first'))
    await errorOf('STREAM_CLOSED', () => log.offsetForTimestamp(0))
    await errorOf('STREAM_CLOSED', log.trim(0))
    expect(await thrownBy(valuesOf(log))).toMatchObject({ code: 'STREAM_CLOSED' })
    expect(log.isClosed).toBe(true)
    expect(log.describe().endOffset).toBe(0)
  })

  it('makes what was appended durable, and acknowledges it', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestStore(directory.path)
      const log = await opened.store.ensure('s', { durability: 'relaxed' })
      const fsync = await opened.store.ensure('f')
      const appends = [log.append({ value: 'relaxed' }), fsync.append({ value: 'fsync' })]
      await opened.store.close()
      await Promise.all(appends)
      expect(log.durableOffset).toBe(1)
      expect(fsync.durableOffset).toBe(1)
    }
    await using opened = await openTestStore(directory.path)
    expect(await valuesOf(await opened.store.open('s'))).toEqual(['relaxed'])
    expect(await valuesOf(await opened.store.open('f'))).toEqual(['fsync'])
  })

  it('ends appends that wait for room, and leaves no prepared file and no descriptor', async () => {
    using directory = temporaryDirectory()
    const opened = await openTestStore(directory.path)
    const { store, storage } = opened
    const log = await store.ensure('s', SMALL)
    const gate = new Gate()
    storage.interfere = async ({ kind }) => {
      if (kind === 'create') await gate.pass()
    }
    const appends = range(0, 5).map((at) =>
      thrownBy(log.append({ value: sized(at, 70_000 * (at + 1)) })),
    )
    const rooms = [100_000, 500_000].map((length) => thrownBy(log.makeRoom(length)))
    await gate.reached
    const closing = store.close()
    gate.open()
    await closing
    for (const outcome of await Promise.all([...appends, ...rooms])) {
      expect(outcome).toMatchObject({ code: 'STREAM_CLOSED' })
    }
    await storage.quiet()
    expect(
      readdirSync(directory.at('streams', 's')).filter((name) => name.includes('prepared')),
    ).toEqual([])
    expect(descriptorsBelow(directory.path)).toEqual([])
    await using again = await openTestStore(directory.path)
    expect((await again.store.open('s')).endOffset).toBe(0)
  })

  it('waits for a log that is being closed by itself', async () => {
    using directory = temporaryDirectory()
    const opened = await openTestStore(directory.path)
    const log = await opened.store.ensure('s')
    void log.append({ value: 'x' })
    const gate = new Gate()
    opened.storage.interfere = async ({ kind }) => {
      if (kind === 'sync') await gate.pass()
    }
    const order: string[] = []
    const first = log.close().then(() => order.push('log'))
    await gate.reached
    const second = opened.store.close().then(() => order.push('store'))
    gate.open()
    await Promise.all([first, second])
    expect(order).toEqual(['log', 'store'])
    expect(descriptorsBelow(directory.path)).toEqual([])
  })

  it('closes every log though one of them fails, and says so', async () => {
    using directory = temporaryDirectory()
    const opened = await openTestStore(directory.path)
    const { store, storage } = opened
    const [bad, good] = [await store.ensure('bad'), await store.ensure('good')]
    const failed = thrownBy(bad.append({ value: 'x' }))
    const stored = good.append({ value: 'y' })
    storage.interfere = ({ kind, path }) => {
      if (kind === 'sync' && path.includes('bad')) throw new Error('EIO')
    }
    await errorOf('STREAM_POISONED', store.close())
    await stored
    expect(await failed).toMatchObject({ code: 'STREAM_POISONED' })
    expect([bad.isClosed, good.isClosed]).toEqual([true, true])
    expect(descriptorsBelow(directory.path)).toEqual([])
    // The file of the failed log was not synced, but it is whole in the page cache.
    await using again = await openTestStore(directory.path)
    expect(await valuesOf(await again.store.open('good'))).toEqual(['y'])
  })
})

describe('upkeep', () => {
  it('applies retention to all open streams at its interval, until the store is closed', async () => {
    using directory = temporaryDirectory()
    const scheduler = new ManualScheduler()
    const opened = await openTestStore(directory.path, { scheduler, upkeepIntervalMs: 100 })
    const { store, clock, storage } = opened
    const log = await store.ensure('s', { durability: 'relaxed', retention: { maxAge: '1h' } })
    await log.append({ value: 'old' })
    await log.flush()
    clock.advanceMs(3_600_001)
    scheduler.advance(99)
    await storage.quiet()
    expect(log.startOffset).toBe(0)
    scheduler.advance(1)
    await storage.quiet()
    expect(log.startOffset).toBe(1)
    await log.append({ value: 'young' })
    await log.flush()
    clock.advanceMs(3_600_001)
    scheduler.advance(100)
    await storage.quiet()
    expect(log.startOffset).toBe(2)
    await store.close()
    expect(scheduler.timerCount).toBe(0)
  })

  it('reports what fails in the background', async () => {
    using directory = temporaryDirectory()
    const scheduler = new ManualScheduler()
    await using opened = await openTestStore(directory.path, { scheduler, upkeepIntervalMs: 100 })
    const { store, clock, storage, backgroundErrors } = opened
    const log = await store.ensure('s', { durability: 'relaxed', retention: { maxAge: '1h' } })
    await log.append({ value: 'old' })
    await log.flush()
    clock.advanceMs(3_600_001)
    storage.interfere = ({ kind }) => {
      if (kind === 'create') throw new Error('no')
    }
    scheduler.advance(100)
    await storage.quiet()
    expect(backgroundErrors).toMatchObject([{ message: 'no' }])
    storage.interfere = () => undefined
    scheduler.advance(100)
    await storage.quiet()
    expect(log.startOffset).toBe(1)
  })
})

describe('the directory of a stream', () => {
  it.each(['fsync', 'relaxed'] as const)(
    'may be copied within the store: the copy is a stream of its own (%s)',
    async (durability) => {
      using directory = temporaryDirectory()
      {
        await using opened = await openTestStore(directory.path)
        const log = await opened.store.ensure('original', { durability })
        await log.append([{ value: 'a' }, { value: 'b' }])
      }
      copyDirectory(directory.at('streams', 'original'), directory.at('streams', 'copy'))
      {
        await using opened = await openTestStore(directory.path)
        const copy = await opened.store.open('copy')
        expect(copy.name).toBe('copy')
        await copy.append({ value: 'only here' })
        await copy.trim(2)
      }
      await using opened = await openTestStore(directory.path)
      const original = await opened.store.open('original')
      expect(original.name).toBe('original')
      expect(await valuesOf(original)).toEqual(['a', 'b'])
      expect(await valuesOf(await opened.store.open('copy'))).toEqual(['only here'])
    },
  )
})

describe('a directory', () => {
  it('may be moved and opened elsewhere', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestStore(directory.at('here'))
      await (await opened.store.ensure('s')).append({ value: 'kept' })
    }
    renameSync(directory.at('here'), directory.at('there'))
    await using opened = await openTestStore(directory.at('there'))
    expect(await valuesOf(await opened.store.open('s'))).toEqual(['kept'])
    expect(existsSync(directory.at('here'))).toBe(false)
  })
})
