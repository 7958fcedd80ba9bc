/** The read-only store: what it opens, what it refuses, and that it changes nothing. */

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

import { openStore, openStoreReadOnly } from '../../src/index.js'
import { offsetsOf, valuesOf } from '../support/records.js'
import { errorOf } from '../support/errors.js'
import { patchFile } from '../support/files.js'
import { temporaryDirectory } from '../support/temporary.js'
import { appendSegments, openTestStore, SMALL } from '../support/test-store.js'
import { openFollowedLog } from './support/followed-log.js'

/** Every file below a directory with its bytes and its times. */
function contentOf(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mtimeMs, ctimeMs, size, ino } = statSync(join(root, name))
      const bytes = statSync(join(root, name)).isFile() ? readFileSync(join(root, name), 'hex') : ''
      return `${name} ${String(ino)} ${String(size)} ${String(mtimeMs)} ${String(ctimeMs)} ${bytes}`
    })
}

describe('openStoreReadOnly', () => {
  it('opens a directory that is not there, or empty, as a store without streams', async () => {
    using root = temporaryDirectory()
    for (const path of [root.path, root.at('missing')]) {
      await using store = await openStoreReadOnly(path)
      expect(store.directory).toBe(path)
      expect(store.list()).toEqual([])
      expect(store.has('s')).toBe(false)
      await errorOf('STREAM_NOT_FOUND', store.open('s'))
    }
    expect(readdirSync(root.path)).toEqual([])
  })

  it('sees the store that comes into being later', async () => {
    using root = temporaryDirectory()
    await using readOnly = await openStoreReadOnly(root.at('data'))
    await using store = await openStore(root.at('data'))
    expect(readOnly.list()).toEqual([])
    const log = await store.ensure('orders')
    await log.append({ value: 'first' })
    expect(readOnly.list()).toEqual(['orders'])
    expect(await valuesOf(await readOnly.open('orders'))).toEqual(['first'])
  })

  it('refuses a directory that holds other things, and one that is a file', async () => {
    using root = temporaryDirectory()
    mkdirSync(root.at('photos'))
    writeFileSync(root.at('photos', 'cat.jpg'), '')
    const error = await errorOf('STORE_NOT_FOUND', openStoreReadOnly(root.at('photos')))
    expect(error.details).toEqual({ directory: root.at('photos') })
    await errorOf('IO_ERROR', openStoreReadOnly(root.at('photos', 'cat.jpg')))
  })

  it('takes a directory in which a writer has just begun for a store', async () => {
    using root = temporaryDirectory()
    writeFileSync(root.at('lock'), '')
    writeFileSync(root.at('store.meta.tmp'), '')
    await using store = await openStoreReadOnly(root.path)
    expect(store.list()).toEqual([])
  })

  it('refuses a store of another version, and one whose metadata are damaged', async () => {
    using root = temporaryDirectory()
    await (await openStore(root.path)).close()
    patchFile(root.at('store.meta'), (bytes) => {
      bytes[bytes.length - 1] = 0x20
      return undefined
    })
    await errorOf('STREAM_CORRUPT', openStoreReadOnly(root.path))
  })

  it('refuses intervals that are none', async () => {
    using root = temporaryDirectory()
    for (const options of [
      { pollIntervalMs: 0 },
      { pollIntervalMs: Number.NaN },
      { pollIntervalMs: 5, pollIntervalMsMax: 4 },
      { pollIntervalMsMax: Infinity },
    ]) {
      await expect(openStoreReadOnly(root.path, options)).rejects.toThrow(RangeError)
    }
    await using store = await openStoreReadOnly(root.path, { pollIntervalMs: 100 })
    expect(store.list()).toEqual([])
  })
})

describe('a read-only store', () => {
  it('lists and opens the streams that there are at the moment', async () => {
    using root = temporaryDirectory()
    await using writer = await openTestStore(root.path)
    await using readOnly = await openStoreReadOnly(root.path)
    for (const name of ['b', 'a', 'B']) await writer.store.ensure(name)
    expect(readOnly.list()).toEqual(['B', 'a', 'b'])
    await writer.store.delete('a')
    expect(readOnly.list()).toEqual(['B', 'b'])
    expect(readOnly.has('a')).toBe(false)
    expect(readOnly.has('b')).toBe(true)
    expect(readOnly.has('../streams/b')).toBe(false)
    await errorOf('STREAM_NOT_FOUND', readOnly.open('a'))
    await errorOf('INVALID_STREAM_NAME', readOnly.open('../b'))
  })

  it('hands out the same log until that is closed', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path)
    const { readOnly, followed } = all
    expect(await readOnly.open('s')).toBe(followed)
    await followed.close()
    await errorOf('STREAM_CLOSED', () => followed.refresh())
    const again = await readOnly.open('s')
    expect(again).not.toBe(followed)
    expect(again.isClosed).toBe(false)
  })

  it('ends everything when it is closed', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path)
    const { readOnly, followed, writer } = all
    const waiting = offsetsOf(followed, { from: 'first' })
    const following = (async () => {
      for await (const _ of followed.read({ from: 'first', follow: true })) continue
    })()
    expect(await waiting).toEqual([])
    await readOnly.close()
    await readOnly.close()
    await errorOf('STREAM_CLOSED', following)
    for (const action of [() => readOnly.list(), () => readOnly.has('s')]) {
      await errorOf('STORE_CLOSED', action)
    }
    await errorOf('STORE_CLOSED', readOnly.open('s'))
    await errorOf('STREAM_CLOSED', () => followed.describe())
    // The writer has not noticed any of this.
    expect(await writer.log.append({ value: 'x' })).toMatchObject({ baseOffset: 0 })
  })

  it('works without a writer, and leaves the directory as it is', async () => {
    using root = temporaryDirectory()
    await using writer = await openTestStore(root.path)
    const log = await writer.store.ensure('s', SMALL)
    await appendSegments(log, 3)
    const { endOffset } = log
    await writer.store.close()
    const before = contentOf(root.path)
    await using readOnly = await openStoreReadOnly(root.path)
    const followed = await readOnly.open('s')
    expect(await offsetsOf(followed)).toHaveLength(endOffset)
    expect(followed.offsetForTimestamp(0)).toBe(0)
    await readOnly.close()
    expect(contentOf(root.path)).toEqual(before)
  })

  it('describes a log as the writer does', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path, {
      ...SMALL,
      retention: { maxBytes: '1MiB' },
    })
    const { writer, followed } = all
    expect(followed.describe()).toEqual(writer.log.describe())
    await appendSegments(writer.log, 2)
    await writer.log.trim(1)
    await writer.storage.quiet()
    expect(followed.describe()).toEqual(writer.log.describe())
    expect(followed.describe().startOffset).toBe(1)
    expect([followed.name, followed.streamId, followed.epoch, followed.config]).toEqual([
      writer.log.name,
      writer.log.streamId,
      writer.log.epoch,
      writer.log.config,
    ])
  })
})
