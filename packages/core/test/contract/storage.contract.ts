/**
 * What every implementation of the storage port must do: run on mapped files and on the simulated disk.
 *
 * A log that was shown to survive on one of them survives on the other only as far as they cannot be told
 * apart. What the port leaves open (the order of `list`, files that are open while they are resized) is
 * not asked here. Faults that only one of them can produce are in that one's own test.
 */

import { describe, expect, it } from 'vitest'
import type { Storage, StorageEntry } from '../../src/index.js'
import { errorOf, thrownBy } from '../support/errors.js'
import { text, textOf } from '../support/records.js'

/** One storage to try, and what can be done to it from outside. */
export interface StorageUnderTest extends Disposable {
  readonly storage: Storage
  /** Has whatever next takes space at `path`, which does not exist yet, find none; undo by the function. */
  fillAt(path: string): () => void
  /**
   * Storages that each hold at least what was synced: after losses of power where they can be simulated,
   * else the same files opened anew.
   */
  survivors(): readonly Storage[]
}

const CAPACITIES = [1, 511, 4096, 4097, 65_536, 1_048_577]

/** Runs the contract. @param make - a storage that is empty. */
export function describeStorageContract(name: string, make: () => StorageUnderTest): void {
  const contractTest = (
    title: string,
    body: (under: StorageUnderTest) => Promise<void> | void,
  ): void => {
    it(title, async () => {
      using under = make()
      await body(under)
    })
  }

  describe(`the contract of the storage port, ${name}`, () => {
    describe('create', () => {
      contractTest('gives a file of zeros of exactly the capacity', async ({ storage }) => {
        for (const capacity of CAPACITIES) {
          const path = `file-${String(capacity)}`
          const file = await storage.create(path, capacity)
          expect(file.bytes.length).toBe(capacity)
          expect(file.bytes.every((byte) => byte === 0)).toBe(true)
          expect(await sizeOf(storage, path)).toBe(capacity)
          file.close()
        }
      })

      contractTest('gives an empty file, too', async ({ storage }) => {
        const file = await storage.create('empty', 0)
        expect(file.bytes.length).toBe(0)
        await file.sync()
        file.close()
        expect(await sizeOf(storage, 'empty')).toBe(0)
      })

      contractTest('replaces what was there, whatever its size', async ({ storage }) => {
        for (const [before, after] of [
          [8192, 100],
          [100, 8192],
        ] as const) {
          ;(await storage.create('file', before)).bytes.fill(7)
          const file = await storage.create('file', after)
          expect(file.bytes.length).toBe(after)
          expect(file.bytes.every((byte) => byte === 0)).toBe(true)
          expect(storage.readFile('file')?.length).toBe(after)
          file.close()
        }
      })

      contractTest('says NO_SPACE on a full disk, and leaves nothing', async (under) => {
        const { storage } = under
        const free = under.fillAt('file')
        const error = await errorOf('NO_SPACE', storage.create('file', 4096))
        expect(error.details).toMatchObject({ path: 'file', errno: 'ENOSPC' })
        free()
        expect(await storage.list('')).toEqual([])
        expect((await storage.create('file', 4096)).bytes.length).toBe(4096)
      })
    })

    describe('bytes', () => {
      contractTest(
        'are the file: a store is seen by everyone who opens it',
        async ({ storage }) => {
          const file = await storage.create('file', 10)
          const other = storage.open('file', 'read')
          store(file, 3, text('abc'))
          expect(textOf(other.bytes.subarray(3, 6))).toBe('abc')
          expect(textOf(storage.readFile('file')?.subarray(3, 6) ?? text(''))).toBe('abc')
          const again = storage.open('file', 'write')
          store(again, 0, text('xy'))
          expect(textOf(file.bytes.subarray(0, 2))).toBe('xy')
        },
      )

      contractTest('never reach past the end of the file', async ({ storage }) => {
        const file = await storage.create('file', 5000)
        file.close()
        for (const size of [9001, 4096, 1, 0, 3]) {
          await storage.resize('file', size)
          const opened = storage.open('file', 'read')
          expect(opened.bytes.length).toBe(size)
          expect(await sizeOf(storage, 'file')).toBe(size)
          opened.close()
        }
      })

      contractTest('stay readable after close, removal and renaming', async ({ storage }) => {
        const file = await storage.create('file', 8192)
        store(file, 0, new Uint8Array(8192).fill(7))
        const view = file.bytes.subarray(4000)
        file.close()
        await storage.rename('file', 'other')
        await storage.remove('other')
        expect(view.every((byte) => byte === 7)).toBe(true)
      })

      contractTest('stay as they are when another file takes the place', async ({ storage }) => {
        const replacements: readonly (() => Promise<unknown>)[] = [
          () => storage.create('file', 10),
          () => storage.writeFile('file', text('short')),
          async () => {
            await storage.writeFile('new', text('short'))
            await storage.rename('new', 'file')
          },
        ]
        for (const replace of replacements) {
          const file = await storage.create('file', 8192)
          store(file, 0, new Uint8Array(8192).fill(7))
          await replace()
          expect(file.bytes.every((byte) => byte === 7)).toBe(true)
          file.close()
        }
      })
    })

    describe('sync and close', () => {
      contractTest('close may be called twice, and while a sync is under way', async (under) => {
        const file = await under.storage.create('file', 4096)
        const syncs = [file.sync(), file.sync()]
        file.close()
        file.close()
        await Promise.all(syncs)
      })

      contractTest('a closed file is not synced: our own bug', async ({ storage }) => {
        const file = await storage.create('file', 4096)
        file.close()
        expect(String(await thrownBy(file.sync()))).toContain('closed')
      })

      contractTest(
        'a file that was removed or renamed is synced as before',
        async ({ storage }) => {
          const file = await storage.create('file', 4096)
          await storage.rename('file', 'other')
          store(file, 0, text('x'))
          await file.sync()
          await storage.remove('other')
          await file.sync()
          file.close()
        },
      )
    })

    describe('what is durable', () => {
      contractTest('a created file, once its directory is synced', async (under) => {
        const { storage } = under
        await storage.createDirectory('a/b')
        await storage.create('a/b/file', 5000)
        for (const directory of ['a/b', 'a', '']) await storage.syncDirectory(directory)
        for (const survivor of under.survivors()) {
          expect(survivor.readFile('a/b/file')).toEqual(new Uint8Array(5000))
        }
      })

      contractTest(
        'a file created without a sync, with its first one, size and all',
        async (under) => {
          const { storage } = under
          const file = await storage.create('file', 9000, { isSynced: false })
          await storage.syncDirectory('')
          for (const survivor of under.survivors()) {
            const left = survivor.readFile('file')
            expect(left?.length).toBeLessThanOrEqual(9000)
            expect(left?.every((byte) => byte === 0)).toBe(true)
          }
          store(file, 8999, text('x'))
          await file.sync()
          for (const survivor of under.survivors()) {
            const left = survivor.readFile('file')
            expect(left?.length).toBe(9000)
            expect(left?.lastIndexOf(0)).toBe(8998)
            expect(left?.[8999]).toBe(0x78)
          }
        },
      )

      contractTest('what was stored before a sync that has ended', async (under) => {
        const { storage } = under
        const file = await storage.create('file', 9000)
        await storage.syncDirectory('')
        store(file, 0, new Uint8Array(9000).fill(1))
        await file.sync()
        store(file, 4096, new Uint8Array(100).fill(2))
        for (const survivor of under.survivors()) {
          const bytes = survivor.open('file', 'read').bytes
          expect(bytes.length).toBe(9000)
          expect(bytes.subarray(0, 4096).every((byte) => byte === 1)).toBe(true)
          expect(bytes.subarray(4196).every((byte) => byte === 1)).toBe(true)
          expect(bytes.subarray(4096, 4196).every((byte) => byte === 1 || byte === 2)).toBe(true)
        }
      })

      contractTest('the content of writeFile, once its name is', async (under) => {
        const { storage } = under
        await storage.writeFile('file', text('content'))
        await storage.syncDirectory('')
        for (const survivor of under.survivors())
          expect(contentOf(survivor, 'file')).toBe('content')
      })

      contractTest('the size that resize gave, either way', async (under) => {
        const { storage } = under
        await storage.writeFile('grown', text('abc'))
        await storage.writeFile('cut', text('abcdef'))
        await storage.syncDirectory('')
        await storage.resize('grown', 5)
        await storage.resize('cut', 2)
        for (const survivor of under.survivors()) {
          expect(contentOf(survivor, 'grown')).toBe('abc\0\0')
          expect(contentOf(survivor, 'cut')).toBe('ab')
        }
      })

      contractTest('a replacement by renaming: the old or the new file, whole', async (under) => {
        const { storage } = under
        await storage.writeFile('file', text('old'))
        await storage.syncDirectory('')
        await storage.writeFile('new', text('newer'))
        await storage.rename('new', 'file')
        for (const survivor of under.survivors()) {
          expect(['old', 'newer']).toContain(contentOf(survivor, 'file'))
        }
        await storage.syncDirectory('')
        for (const survivor of under.survivors()) {
          expect(contentOf(survivor, 'file')).toBe('newer')
          expect(survivor.readFile('new')).toBeUndefined()
        }
      })

      contractTest('a removal, once the directory is synced', async (under) => {
        const { storage } = under
        await storage.createDirectory('a')
        await storage.writeFile('a/file', text('x'))
        await storage.writeFile('gone', text('x'))
        for (const directory of ['a', '']) await storage.syncDirectory(directory)
        await storage.remove('gone')
        await storage.removeTree('a')
        await storage.syncDirectory('')
        for (const survivor of under.survivors()) expect(await survivor.list('')).toEqual([])
      })
    })

    describe('writeFile and readFile', () => {
      contractTest('write and read a whole file, also an empty one', async ({ storage }) => {
        for (const content of ['longer than the next', 'short', '']) {
          await storage.writeFile('file', text(content))
          expect(contentOf(storage, 'file')).toBe(content)
        }
      })

      contractTest('copy: what is changed afterwards changes nothing', async ({ storage }) => {
        const content = text('abc')
        await storage.writeFile('file', content)
        content.fill(0)
        storage.readFile('file')?.fill(0)
        expect(contentOf(storage, 'file')).toBe('abc')
      })

      contractTest('read nothing where there is nothing', ({ storage }) => {
        expect(storage.readFile('none')).toBeUndefined()
        expect(storage.readFile('none/file')).toBeUndefined()
      })

      contractTest('say NO_SPACE on a full disk, and work once there is space', async (under) => {
        const { storage } = under
        const free = under.fillAt('file')
        await errorOf('NO_SPACE', storage.writeFile('file', text('x')))
        free()
        await storage.writeFile('file', text('x'))
        expect(contentOf(storage, 'file')).toBe('x')
      })
    })

    describe('resize', () => {
      contractTest('grows with zeros, cuts, keeps what lies before', async ({ storage }) => {
        await storage.writeFile('file', text('abcdef'))
        await storage.resize('file', 10)
        expect(contentOf(storage, 'file')).toBe('abcdef\0\0\0\0')
        await storage.resize('file', 3)
        expect(contentOf(storage, 'file')).toBe('abc')
        await storage.resize('file', 3)
        await storage.resize('file', 6)
        expect(contentOf(storage, 'file')).toBe('abc\0\0\0')
      })
    })

    describe('directories', () => {
      contractTest('are created with their parents, once', async ({ storage }) => {
        await storage.createDirectory('a/b/c')
        await storage.createDirectory('a/b/c')
        await storage.createDirectory('a')
        expect(await entriesOf(storage, 'a')).toEqual([directoryEntry('b')])
      })

      contractTest('list files with sizes and directories, and only their own', async (under) => {
        const { storage } = under
        await storage.createDirectory('a/inner')
        await storage.writeFile('a/file', text('four'))
        await storage.writeFile('a/inner/deep', text('x'))
        await storage.writeFile('ab', text('x'))
        const file = { name: 'file', isDirectory: false, sizeBytes: 4 }
        expect(await entriesOf(storage, 'a')).toEqual([file, directoryEntry('inner')])
        expect((await entriesOf(storage, '')).map(({ name }) => name)).toEqual(['a', 'ab'])
        expect(await storage.list('nowhere')).toEqual([])
      })

      contractTest('are renamed with everything in them, also over an empty one', async (under) => {
        const { storage } = under
        await storage.createDirectory('from/inner')
        await storage.createDirectory('to')
        await storage.writeFile('from/inner/file', text('x'))
        await storage.rename('from', 'to')
        expect(contentOf(storage, 'to/inner/file')).toBe('x')
        expect(await entriesOf(storage, '')).toEqual([directoryEntry('to')])
        await storage.createDirectory('other')
        await storage.rename('to/inner/file', 'other/file')
        expect(contentOf(storage, 'other/file')).toBe('x')
        expect(await storage.list('to/inner')).toEqual([])
      })

      contractTest('are removed with everything in them', async ({ storage }) => {
        await storage.createDirectory('a/b')
        await storage.createDirectory('ab')
        await storage.writeFile('a/b/file', text('x'))
        await storage.removeTree('a')
        expect(await entriesOf(storage, '')).toEqual([directoryEntry('ab')])
      })
    })

    describe('rename and remove', () => {
      contractTest('replace a file, and nothing happens by its own name', async ({ storage }) => {
        await storage.writeFile('a', text('one'))
        await storage.writeFile('b', text('two'))
        await storage.rename('a', 'a')
        await storage.rename('a', 'b')
        expect(contentOf(storage, 'b')).toBe('one')
        expect(storage.readFile('a')).toBeUndefined()
      })

      contractTest('do nothing where nothing is to be removed', async ({ storage }) => {
        await storage.remove('none')
        await storage.remove('none/file')
        await storage.removeTree('none')
        await storage.writeFile('file', text('x'))
        await storage.removeTree('file')
        expect(storage.readFile('file')).toBeUndefined()
      })
    })

    describe('errors', () => {
      const FAILURES: readonly (readonly [string, string, (storage: Storage) => unknown])[] = [
        ['open of nothing', 'ENOENT', (storage) => storage.open('none', 'read')],
        ['open of nothing for writing', 'ENOENT', (storage) => storage.open('none', 'write')],
        ['open of a directory', 'EISDIR', (storage) => storage.open('directory', 'write')],
        ['readFile of a directory', 'EISDIR', (storage) => storage.readFile('directory')],
        ['writeFile over a directory', 'EISDIR', (to) => to.writeFile('directory', text('x'))],
        ['writeFile in no directory', 'ENOENT', (to) => to.writeFile('none/file', text('x'))],
        ['writeFile below a file', 'ENOTDIR', (to) => to.writeFile('file/file', text('x'))],
        ['create in no directory', 'ENOENT', (storage) => storage.create('none/file', 10)],
        ['create over a directory', 'EISDIR', (storage) => storage.create('directory', 10)],
        ['resize of nothing', 'ENOENT', (storage) => storage.resize('none', 3)],
        ['rename of nothing', 'ENOENT', (storage) => storage.rename('none', 'some')],
        ['rename to no directory', 'ENOENT', (storage) => storage.rename('file', 'none/file')],
        ['rename over a directory', 'EISDIR', (storage) => storage.rename('file', 'directory')],
        ['rename over a full one', 'ENOTEMPTY', (storage) => storage.rename('other', 'directory')],
        ['rename over a file', 'ENOTDIR', (storage) => storage.rename('directory', 'file')],
        ['syncDirectory of nothing', 'ENOENT', (storage) => storage.syncDirectory('none')],
        ['createDirectory over a file', 'EEXIST', (storage) => storage.createDirectory('file')],
        ['createDirectory in a file', 'ENOTDIR', (to) => to.createDirectory('file/directory')],
        ['list of a file', 'ENOTDIR', (storage) => storage.list('file')],
      ]

      for (const [what, errno, action] of FAILURES) {
        contractTest(`${what} is IO_ERROR with ${errno}`, async ({ storage }) => {
          await storage.createDirectory('directory')
          await storage.createDirectory('other')
          await storage.writeFile('directory/inner', text('kept'))
          await storage.writeFile('file', text('kept'))
          const error = await errorOf('IO_ERROR', () => action(storage))
          expect(error.details['errno']).toBe(errno)
          expect(error.details['path']).toMatch(/^(none|file|directory|other)/)
          expect(error.cause).toBeInstanceOf(Error)
          expect(contentOf(storage, 'file')).toBe('kept')
          expect(contentOf(storage, 'directory/inner')).toBe('kept')
        })
      }

      contractTest('remove is for files: a directory stays', async ({ storage }) => {
        await storage.createDirectory('directory')
        await errorOf('IO_ERROR', storage.remove('directory'))
        expect(await entriesOf(storage, '')).toEqual([directoryEntry('directory')])
      })
    })
  })
}

function store(
  file: { readonly bytes: Uint8Array; wrote(start: number, end: number): void },
  position: number,
  content: Uint8Array,
): void {
  file.bytes.set(content, position)
  file.wrote(position, position + content.length)
}

function contentOf(storage: Storage, path: string): string | undefined {
  const content = storage.readFile(path)
  return content === undefined ? undefined : textOf(content)
}

async function entriesOf(storage: Storage, directory: string): Promise<readonly StorageEntry[]> {
  const entries = [...(await storage.list(directory))]
  return entries.sort((left, right) => (left.name < right.name ? -1 : 1))
}

async function sizeOf(storage: Storage, path: string): Promise<number | undefined> {
  return (await storage.list('')).find(({ name }) => name === path)?.sizeBytes
}

function directoryEntry(name: string): StorageEntry {
  return { name, isDirectory: true, sizeBytes: 0 }
}
