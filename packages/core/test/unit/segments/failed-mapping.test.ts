/** A file that cannot be mapped when somebody first looks at it: nothing has changed, and nothing stays open. */
import { StorageError } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { MappedStorage, openStore } from '../../../src/index.js'
import type { CreateOptions, StorageFile } from '../../../src/index.js'
import { descriptorsBelow } from '../../support/descriptors.js'
import { errorOf } from '../../support/errors.js'
import { filesOf, streamDirectory } from '../../support/files.js'
import { ForwardingFile } from '../../support/forwarding-file.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { STREAM } from '../../support/test-store.js'

/** Maps files as long as there is room for mappings. */
class CrampedStorage extends MappedStorage {
  isFull = false

  override async create(path: string, size: number, options?: CreateOptions): Promise<StorageFile> {
    return this.#cramped(await super.create(path, size, options))
  }

  override open(path: string, mode: 'read' | 'write'): StorageFile {
    return this.#cramped(super.open(path, mode))
  }

  #cramped(file: StorageFile): StorageFile {
    return new CrampedFile(file, () => this.isFull)
  }
}

class CrampedFile extends ForwardingFile {
  readonly #isFull: () => boolean
  #isMapped = false

  constructor(file: StorageFile, isFull: () => boolean) {
    super(file)
    this.#isFull = isFull
  }

  override get bytes(): Uint8Array {
    if (this.#isFull() && !this.#isMapped)
      throw new StorageError('IO_ERROR', 'ENOMEM: mmap', { details: { errno: 'ENOMEM' } })
    this.#isMapped = true
    return super.bytes
  }
}

const VALUE = new Uint8Array(20_000)

describe.runIf(process.platform === 'linux')('a file that cannot be mapped', () => {
  it('keeps a log from rolling, and every attempt leaves all as it was', async () => {
    using directory = temporaryDirectory()
    const storage = new CrampedStorage(directory.path)
    const store = await openStore(directory.path, { storage })
    const log = await store.ensure(STREAM)
    for (let count = 0; count < 3; count += 1) await log.append({ value: VALUE })
    const stream = streamDirectory(directory.path, STREAM)
    storage.isFull = true
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await errorOf('IO_ERROR', log.append([{ value: VALUE }]))
    }
    // What still fits is still taken.
    await log.append([{ value: 'small' }])
    expect(descriptorsBelow(stream)).toHaveLength(1)
    expect(filesOf(directory.path, STREAM).filter((name) => name.startsWith('next-'))).toHaveLength(
      1,
    )
    storage.isFull = false
    await log.append([{ value: VALUE }])
    expect(log.endOffset).toBe(5)
    expect([...log.batches({ from: 'first' })].length).toBe(5)
    await store.close()
    expect(descriptorsBelow(stream)).toEqual([])
  })

  it.each(['fsync', 'relaxed'] as const)(
    'keeps readers from a large segment, not writers (%s)',
    async (durability) => {
      using directory = temporaryDirectory()
      const storage = new CrampedStorage(directory.path)
      const store = await openStore(directory.path, { storage })
      const log = await store.ensure(STREAM, { durability, segmentBytesMax: '8MiB' })
      const value = new Uint8Array(1024 * 1024)
      // Segments of 4 MiB and more, the first of which may be mapped by nobody yet.
      for (let count = 0; count < 8; count += 1) await log.append([{ value: value.fill(count) }])
      await log.flush()
      const { segmentCount } = log.describe()
      storage.isFull = true
      const reader = log.reader(log.endOffset - 1)
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect(() => reader.next(1)).toThrow(expect.objectContaining({ code: 'IO_ERROR' }))
        await log.append([{ value: value.fill(8 + attempt) }])
        await log.flush()
      }
      // A roll into another large one, a point in it, and the end of the one before.
      while (log.describe().segmentCount === segmentCount) await log.append([{ value }])
      await log.flush()
      expect(log.failure).toBeUndefined()
      storage.isFull = false
      expect(reader.next(1)?.baseOffset).toBe(7)
      expect([...log.batches({ from: 'first' })].length).toBe(log.endOffset)
      await store.close()
      expect(descriptorsBelow(streamDirectory(directory.path, STREAM))).toEqual([])
    },
  )

  it('keeps a stream from being opened, and nothing of it stays open', async () => {
    using directory = temporaryDirectory()
    const first = await openStore(directory.path, { storage: new MappedStorage(directory.path) })
    await (await first.ensure(STREAM)).append({ value: VALUE })
    await first.close()
    const storage = new CrampedStorage(directory.path)
    const store = await openStore(directory.path, { storage })
    storage.isFull = true
    await errorOf('IO_ERROR', store.open(STREAM))
    expect(descriptorsBelow(streamDirectory(directory.path, STREAM))).toEqual([])
    storage.isFull = false
    expect((await store.open(STREAM)).endOffset).toBe(1)
    await store.close()
  })

  it('keeps a stream that was just made from being handed out, and nothing of it stays open', async () => {
    using directory = temporaryDirectory()
    const storage = new CrampedStorage(directory.path)
    const store = await openStore(directory.path, { storage })
    storage.isFull = true
    await errorOf('IO_ERROR', store.ensure(STREAM))
    expect(descriptorsBelow(streamDirectory(directory.path, STREAM))).toEqual([])
    storage.isFull = false
    expect((await store.ensure(STREAM)).endOffset).toBe(0)
    expect(descriptorsBelow(streamDirectory(directory.path, STREAM))).toHaveLength(1)
    await store.close()
  })
})
