/** An append whose write fails: any part of it may lie behind the end, so nothing is appended there. */
import { SEGMENT_HEADER_BYTES, StorageError } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { MappedStorage, openStore } from '../../../src/index.js'
import type { CreateOptions, StorageFile } from '../../../src/index.js'
import { descriptorsBelow } from '../../support/descriptors.js'
import { errorOf } from '../../support/errors.js'
import { range } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'

/** How many streams a store maps when it makes them (open-log.ts). */
const MAPPED_AT_ONCE = 8

/** A disk on which writes into open files begin to fail, after a part of them. */
class FailingStorage extends MappedStorage {
  isFailing = false
  /** Only writes that begin below this position fail. */
  failingBelow = Infinity

  override async create(path: string, size: number, options?: CreateOptions): Promise<StorageFile> {
    return this.#failing(await super.create(path, size, options))
  }

  override open(path: string, mode: 'read' | 'write'): StorageFile {
    return this.#failing(super.open(path, mode))
  }

  #failing(file: StorageFile): StorageFile {
    return {
      bytes: file.bytes,
      wrote: (start, end) => {
        file.wrote(start, end)
      },
      write: (position, parts) => {
        if (!this.isFailing || position >= this.failingBelow) return file.write?.(position, parts)
        const [first = new Uint8Array(0)] = parts
        file.write?.(position, [first.subarray(0, first.length / 2)])
        throw new StorageError('IO_ERROR', 'EIO while writing', { details: { errno: 'EIO' } })
      },
      sync: () => file.sync(),
      close: () => {
        file.close()
      },
    }
  }
}

describe.each(['fsync', 'relaxed'] as const)('an append whose write fails (%s)', (durability) => {
  it('poisons the log; what was before is there, also when it is opened again', async () => {
    using directory = temporaryDirectory()
    const storage = new FailingStorage(directory.path)
    const store = await openStore(directory.path, { storage })
    const log = await store.ensure('s', { durability })
    await log.append([{ value: 'kept' }])
    await log.flush()
    storage.isFailing = true
    await errorOf('STREAM_POISONED', log.append([{ value: 'a' }, { value: 'b' }]))
    expect(log.endOffset).toBe(1)
    expect(log.failure?.code).toBe('STREAM_POISONED')
    storage.isFailing = false
    await errorOf('STREAM_POISONED', log.append({ value: 'c' }))
    await errorOf('STREAM_POISONED', log.append([{ value: 'd' }]))
    expect([...log.batches({ from: 'first' })].length).toBe(1)
    await store.close().catch(() => undefined)

    const again = await openStore(directory.path)
    const reopened = await again.ensure('s')
    expect(reopened.recovery.tornTail?.nextOffset).toBe(1)
    const { baseOffset } = await reopened.append({ value: 'goes on' })
    expect(baseOffset).toBe(1)
    await again.close()
  })

  it('cannot begin a segment: poisons the log, what was before is there, and nothing stays open', async () => {
    using directory = temporaryDirectory()
    const storage = new FailingStorage(directory.path)
    const store = await openStore(directory.path, { storage })
    const log = await store.ensure('s', { durability, segmentBytesMax: '64KiB' })
    const records = [{ value: new Uint8Array(20_000) }]
    for (let count = 0; count < 3; count += 1) await log.append(records)
    await log.flush()
    storage.failingBelow = SEGMENT_HEADER_BYTES
    storage.isFailing = true
    await errorOf('STREAM_POISONED', log.append(records))
    expect(log.failure?.code).toBe('STREAM_POISONED')
    expect(log.describe().segmentCount).toBe(1)
    expect([...log.batches({ from: 'first' })].length).toBe(3)
    storage.isFailing = false
    await errorOf('STREAM_POISONED', log.append(records))
    await store.close().catch(() => undefined)
    expect(descriptorsBelow(directory.path)).toEqual([])

    const again = await openStore(directory.path)
    const reopened = await again.ensure('s')
    expect(reopened.recovery.damage).toBeUndefined()
    expect((await reopened.append(records)).baseOffset).toBe(3)
    expect([...reopened.batches({ from: 'first' })].length).toBe(4)
    await again.close()
  })

  it('cannot note how far it is durable: poisons the log, and all of it is there afterwards', async () => {
    using directory = temporaryDirectory()
    const storage = new FailingStorage(directory.path)
    const store = await openStore(directory.path, { storage })
    // The first few are mapped when they are made: there a recovery point is stored, and a store cannot fail.
    for (const at of range(0, MAPPED_AT_ONCE)) await store.ensure(`mapped-${String(at)}`)
    const log = await store.ensure('s', { durability })
    await log.append({ value: 'kept' })
    await log.flush()
    storage.failingBelow = SEGMENT_HEADER_BYTES
    storage.isFailing = true
    const append = log.append({ value: 'synced' })
    await errorOf('STREAM_POISONED', durability === 'fsync' ? append : log.flush())
    expect(log.failure?.code).toBe('STREAM_POISONED')
    await store.close().catch(() => undefined)
    storage.isFailing = false

    const again = await openStore(directory.path)
    const reopened = await again.ensure('s')
    expect(reopened.recovery.damage).toBeUndefined()
    expect(reopened.endOffset).toBe(2)
    await reopened.append({ value: 'goes on' })
    await again.close()
  })
})
