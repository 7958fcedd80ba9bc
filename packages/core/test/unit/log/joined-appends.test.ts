/** Batches that are appended in one turn: written together, and there all or none. */
import { SEGMENT_HEADER_BYTES, StorageError } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { MappedStorage, openStore, openStoreReadOnly } from '../../../src/index.js'
import type { CreateOptions, Log, RecordInput, StorageFile } from '../../../src/index.js'
import { errorOf } from '../../support/errors.js'
import { segmentFiles } from '../../support/files.js'
import { range } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'

/** Bytes that end with the commit word. */
const COMMIT_BYTES = 8

interface Write {
  readonly position: number
  readonly length: number
}

/** Notes the writes of batches; those that make batches visible can be made to fail. */
class NotingStorage extends MappedStorage {
  writes: Write[] = []
  areCommitsFailing = false

  override async create(path: string, size: number, options?: CreateOptions): Promise<StorageFile> {
    return this.#noting(await super.create(path, size, options))
  }

  override open(path: string, mode: 'read' | 'write'): StorageFile {
    return this.#noting(super.open(path, mode))
  }

  #noting(file: StorageFile): StorageFile {
    const write = (position: number, parts: readonly Uint8Array[]): void => {
      const length = parts.reduce((sum, part) => sum + part.length, 0)
      if (position >= SEGMENT_HEADER_BYTES) {
        if (this.areCommitsFailing && length === COMMIT_BYTES)
          throw new StorageError('IO_ERROR', 'EIO while writing', { details: { errno: 'EIO' } })
        this.writes.push({ position, length })
      }
      file.write?.(position, parts)
    }
    return new Proxy(file, {
      get(target, name) {
        if (name === 'write') return write
        const found: unknown = Reflect.get(target, name, target)
        return typeof found === 'function' ? (found.bind(target) as unknown) : found
      },
    })
  }
}

const decoder = new TextDecoder()

function recordsOf(at: number, count = 3, bytes = 4000): RecordInput[] {
  return range(0, count).map((each) => ({ value: `${at}.${each} `.padEnd(bytes, 'x') }))
}

function batchesOf(log: Pick<Log, 'batches'>): string[] {
  return Array.from(log.batches({ from: 'first' }), (batch) => {
    const values = range(0, batch.recordCount).map((at) => decoder.decode(batch.value(at)))
    return values.map((value) => value.split(' ')[0]).join(',')
  })
}

describe.each(['fsync', 'relaxed'] as const)('batches appended in one turn (%s)', (durability) => {
  it('are one write and one that shows them, each with the offsets of its own', async () => {
    using directory = temporaryDirectory()
    const storage = new NotingStorage(directory.path)
    const store = await openStore(directory.path, { storage })
    const log = await store.ensure('s', { durability })
    const results = await Promise.all(range(0, 4).map((at) => log.append(recordsOf(at))))
    expect(results.map(({ baseOffset }) => baseOffset)).toEqual([0, 3, 6, 9])
    expect(results.map(({ endOffset }) => endOffset)).toEqual([3, 6, 9, 12])
    const [behind, shown] = storage.writes
    expect(storage.writes).toHaveLength(2)
    expect(shown).toEqual({ position: SEGMENT_HEADER_BYTES, length: COMMIT_BYTES })
    expect(behind?.position).toBe(SEGMENT_HEADER_BYTES + COMMIT_BYTES)
    expect(behind?.length).toBeGreaterThan(12 * 4000)
    expect(batchesOf(log)).toEqual(range(0, 4).map((at) => `${at}.0,${at}.1,${at}.2`))
    await store.close()
  })

  it('are written by 256 KiB, and fill segments as if each were appended alone', async () => {
    const shapes = []
    for (const isAwaited of [true, false]) {
      using directory = temporaryDirectory()
      const storage = new NotingStorage(directory.path)
      const store = await openStore(directory.path, { storage })
      const log = await store.ensure('s', { durability, segmentBytesMax: '1MiB' })
      const appends = []
      for (const at of range(0, 60)) {
        const append = log.append(recordsOf(at, 1 + (at % 3), 7000 + ((at * 9973) % 30_000)))
        appends.push(append)
        // Now and then there has to be time for a segment file to be prepared.
        if (isAwaited || at % 6 === 5) await Promise.all(appends)
      }
      await log.flush()
      expect(batchesOf(log)).toHaveLength(60)
      await store.close()
      const longest = Math.max(...storage.writes.map(({ length }) => length))
      expect(longest).toBeLessThan(256 * 1024 + 120_000)
      shapes.push({ files: segmentFiles(directory.path, 's'), writes: storage.writes.length })
    }
    const [alone, joined] = shapes
    expect(joined?.files).toEqual(alone?.files)
    expect(joined?.files.length).toBeGreaterThan(2)
    expect(joined?.writes).toBeLessThan((alone?.writes ?? 0) * 0.75)
  })

  it('are copied before the call returns, and go on in order with records that came alone', async () => {
    using directory = temporaryDirectory()
    const store = await openStore(directory.path)
    const log = await store.ensure('s', { durability })
    const value = new Uint8Array([0x61])
    const appends = range(0, 30).map((at) => {
      value[0] = 0x61 + (at % 26)
      return log.append(at % 3 === 0 ? { value } : [{ value }, { value }])
    })
    const results = await Promise.all(appends)
    expect(results.map(({ baseOffset }) => baseOffset)).toEqual(
      range(0, 30).map((at) => 2 * at - Math.ceil(at / 3)),
    )
    const letters = batchesOf(log).join(',').split(',')
    const expected = range(0, 30).flatMap((at) => {
      const letter = String.fromCharCode(0x61 + (at % 26))
      return at % 3 === 0 ? [letter] : [letter, letter]
    })
    expect(letters).toEqual(expected)
    await store.close()
  })

  it('go on while one of them is refused', async () => {
    using directory = temporaryDirectory()
    const store = await openStore(directory.path)
    const log = await store.ensure('s', { durability })
    const first = log.append(recordsOf(0))
    const none = log.append([])
    const large = log.append([{ value: new Uint8Array(17 * 1024 * 1024) }])
    const last = log.append(recordsOf(1))
    await expect(none).rejects.toThrow(RangeError)
    await errorOf('BATCH_TOO_LARGE', large)
    expect([(await first).baseOffset, (await last).baseOffset]).toEqual([0, 3])
    await store.close()
  })

  it('are there all or none when what shows them is not written', async () => {
    using directory = temporaryDirectory()
    const storage = new NotingStorage(directory.path)
    const store = await openStore(directory.path, { storage })
    const log = await store.ensure('s', { durability })
    await log.append(recordsOf(0))
    await log.flush()
    storage.areCommitsFailing = true
    const appends = range(1, 4).map((at) => errorOf('STREAM_POISONED', log.append(recordsOf(at))))
    await Promise.all(appends)
    expect(log.endOffset).toBe(3)
    // Two batches that are whole, commit word and all, lie in the file behind one that is not.
    const reading = await openStoreReadOnly(directory.path)
    expect(batchesOf(await reading.open('s'))).toEqual(['0.0,0.1,0.2'])
    await reading.close()
    await store.close().catch(() => undefined)

    const again = await openStore(directory.path)
    const reopened = await again.ensure('s')
    expect(reopened.recovery.tornTail?.nextOffset).toBe(3)
    expect(reopened.endOffset).toBe(3)
    // As long as the one that was lost: behind it lay the next, with the offset that would be its own.
    await reopened.append(recordsOf(7))
    expect(batchesOf(reopened)).toEqual(['0.0,0.1,0.2', '7.0,7.1,7.2'])
    await again.close()
    const once = await openStore(directory.path)
    expect((await once.ensure('s')).endOffset).toBe(6)
    await once.close()
  })
})
