import { StorageError } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import type { Storage } from '../../../src/index.js'
import { withinOpenFileLimit } from '../../../src/storage/open-file-limit.js'
import { CountedStorage } from '../../support/counted-storage.js'
import { errorOf, thrownBy } from '../../support/errors.js'
import { temporaryDirectory } from '../../support/temporary.js'

/** Every operation that opens something. */
const OPERATIONS: readonly [string, (storage: Storage) => unknown][] = [
  ['open', (storage) => storage.open('file', 'write')],
  ['readFile', (storage) => storage.readFile('file')],
  ['list', (storage) => storage.list('')],
  ['syncDirectory', (storage) => storage.syncDirectory('')],
  ['writeFile', (storage) => storage.writeFile('written', new Uint8Array(3))],
  ['create', (storage) => storage.create('created', 4096)],
  ['resize', (storage) => storage.resize('file', 20)],
]

describe.each(OPERATIONS)('%s, when too many files are open', (_name, operation) => {
  async function refusing(directory: string): Promise<CountedStorage> {
    const storage = new CountedStorage(directory)
    await storage.writeFile('file', new Uint8Array(10))
    storage.openCountMax = 0
    return storage
  }

  it('is tried once more behind what makes room', async () => {
    using directory = temporaryDirectory()
    const storage = await refusing(directory.path)
    let askedCount = 0
    const makeRoom = (): boolean => {
      askedCount += 1
      storage.openCountMax = 9
      return true
    }
    const limited = withinOpenFileLimit(storage, makeRoom)
    expect(await thrownBy(async () => operation(limited))).toBeUndefined()
    expect([askedCount, storage.refusedCount]).toEqual([1, 1])
  })

  it('fails as it did where there is none to make, or it was not enough', async () => {
    using directory = temporaryDirectory()
    const storage = await refusing(directory.path)
    for (const hasRoom of [false, true]) {
      storage.refusedCount = 0
      const limited = withinOpenFileLimit(storage, () => hasRoom)
      const error = await errorOf('IO_ERROR', async () => operation(limited))
      expect(error.details['errno']).toBe('EMFILE')
      expect(storage.refusedCount).toBe(hasRoom ? 2 : 1)
    }
  })
})

describe('operations that fail at the same time', () => {
  it('have room made once, and are all tried once more', async () => {
    using directory = temporaryDirectory()
    const storage = new CountedStorage(directory.path)
    storage.openCountMax = 0
    let roomsLeft = 1
    const makeRoom = (): boolean => {
      storage.openCountMax = 9
      roomsLeft -= 1
      return roomsLeft >= 0
    }
    const limited = withinOpenFileLimit(storage, makeRoom)
    const paths = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    await Promise.all(paths.map((path) => limited.writeFile(path, new Uint8Array(1))))
    expect([roomsLeft, storage.refusedCount]).toEqual([0, paths.length])
  })
})

describe('an operation that fails otherwise', () => {
  it.each(['EIO', 'ENOSPC', 'ENOENT'])('is not tried again: %s', async (errno) => {
    using directory = temporaryDirectory()
    const storage = new CountedStorage(directory.path)
    let triedCount = 0
    storage.writeFile = () => {
      triedCount += 1
      const code = errno === 'ENOSPC' ? 'NO_SPACE' : 'IO_ERROR'
      return Promise.reject(new StorageError(code, errno, { details: { errno } }))
    }
    const makeRoom = (): boolean => {
      throw new Error('nobody asks for room')
    }
    const limited = withinOpenFileLimit(storage, makeRoom)
    expect(await thrownBy(limited.writeFile('file', new Uint8Array(1)))).toMatchObject({
      message: errno,
    })
    expect(triedCount).toBe(1)
  })
})
