import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { MappedStorage } from '../../../src/index.js'
import { mapFile, MAPPING_BYTES_MAX } from '../../../src/storage/mmap.js'
import { descriptorsBelow } from '../../support/descriptors.js'
import { errorOf } from '../../support/errors.js'
import { text } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'

describe('MappedStorage', () => {
  it('creates files of zeros with real blocks, also across its chunks', async () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    for (const capacity of [1, 4096, 65_536, 1_048_576, 1_048_577, 20_000_000]) {
      const file = await storage.create('file', capacity)
      const { size, blocks } = statSync(directory.at('file'))
      expect(size).toBe(capacity)
      expect(blocks * 512).toBeGreaterThanOrEqual(capacity)
      expect(file.bytes.length).toBe(capacity)
      expect(file.bytes[0]).toBe(0)
      expect(file.bytes[capacity - 1]).toBe(0)
      file.close()
    }
    expect(descriptorsBelow(directory.path)).toEqual([])
  })

  it('shares its bytes with the file, both ways, and replaces what was there', async () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    writeFileSync(directory.at('file'), 'old content')
    const file = await storage.create('file', 16)
    file.bytes.set(text('hello'))
    expect(readFileSync(directory.at('file')).subarray(0, 5).toString()).toBe('hello')
    await file.sync()
    const again = storage.open('file', 'write')
    again.bytes.set(text('J'))
    expect(file.bytes[0]).toBe(0x4a)
    file.close()
    again.close()
  })

  it('keeps a view readable after the file was closed, removed and replaced', async () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    const file = await storage.create('file', 8192)
    file.bytes.fill(7)
    const view = file.bytes.subarray(8000)
    file.close()
    await storage.remove('file')
    await storage.create('file', 10)
    expect(view.every((byte) => byte === 7)).toBe(true)
  })

  it('closes its descriptor only once no sync uses it, and a second close is nothing', async () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    const file = await storage.create('file', 4096)
    const syncs = [file.sync(), file.sync()]
    file.close()
    file.close()
    expect(descriptorsBelow(directory.path).length).toBe(1)
    await Promise.all(syncs)
    expect(descriptorsBelow(directory.path)).toEqual([])
    await expect(file.sync()).rejects.toThrow('closed')
  })

  it('opens an empty file as no bytes', () => {
    using directory = temporaryDirectory()
    writeFileSync(directory.at('empty'), '')
    const file = new MappedStorage(directory.path).open('empty', 'read')
    expect(file.bytes.length).toBe(0)
    file.close()
  })

  it('grows with real zeros, cuts, and leaves what lies before as it is', async () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    writeFileSync(directory.at('file'), 'abcdef')
    await storage.resize('file', 10)
    expect(readFileSync(directory.at('file')).toString()).toBe('abcdef\0\0\0\0')
    await storage.resize('file', 3)
    expect(readFileSync(directory.at('file')).toString()).toBe('abc')
    await errorOf('IO_ERROR', storage.resize('none', 3))
  })

  it('lists files with sizes, directories, and links as what they are', async () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    await storage.createDirectory('a/b')
    writeFileSync(directory.at('a', 'file'), 'four')
    symlinkSync('/nowhere', directory.at('a', 'link'))
    const entries = [...(await storage.list('a'))]
    expect(entries.sort((left, right) => (left.name < right.name ? -1 : 1))).toEqual([
      { name: 'b', isDirectory: true, sizeBytes: 0 },
      { name: 'file', isDirectory: false, sizeBytes: 4 },
      { name: 'link', isDirectory: false, isLink: true, sizeBytes: 0 },
    ])
    expect(await storage.list('nowhere')).toEqual([])
  })

  it('does nothing where nothing is to be done', async () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    await storage.createDirectory('a')
    await storage.createDirectory('a')
    await storage.remove('none')
    await storage.removeTree('none')
    expect(storage.readFile('none')).toBeUndefined()
    await storage.syncDirectory('a')
  })

  it('says what it was doing and where when it fails', async () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    mkdirSync(directory.at('directory'))
    const failures: readonly (readonly [string, () => unknown])[] = [
      ['opening "none"', () => storage.open('none', 'read')],
      ['opening "directory"', () => storage.open('directory', 'write')],
      ['reading "directory"', () => storage.readFile('directory')],
      ['renaming "none"', () => storage.rename('none', 'some')],
      ['syncing "none"', () => storage.syncDirectory('none')],
      ['preparing "none/file"', () => storage.create('none/file', 10)],
      ['writing "none/file"', () => storage.writeFile('none/file', text('x'))],
      [
        'creating "directory/file/x"',
        () => {
          writeFileSync(directory.at('directory', 'file'), '')
          return storage.createDirectory('directory/file/x')
        },
      ],
    ]
    for (const [what, action] of failures) {
      const error = await errorOf('IO_ERROR', action)
      expect(error.message).toContain(what)
      expect(error.cause).toBeInstanceOf(Error)
      expect(error.details['errno']).toMatch(/^E[A-Z]+$/)
    }
    expect(descriptorsBelow(directory.path)).toEqual([])
  })

  it('says that the disk is full, and leaves no half of a file', async () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    symlinkSync('/dev/full', directory.at('file'))
    const error = await errorOf('NO_SPACE', storage.create('file', 4096))
    expect(error.details).toMatchObject({ errno: 'ENOSPC', neededBytes: 4096 })
    expect(error.details['availableBytes']).toBeTypeOf('number')
    expect(error.message).toMatch(/\(4096 bytes needed, \d+ available\)/)
    expect(readdirSync(directory.path)).toEqual([])
    symlinkSync('/dev/full', directory.at('file'))
    await errorOf('NO_SPACE', storage.writeFile('file', text('x')))
    expect(readdirSync(directory.path)).toEqual([])
    expect(descriptorsBelow(directory.path)).toEqual([])
  })

  it('is not permitted where it is not', async () => {
    using directory = temporaryDirectory()
    if (process.getuid?.() === 0) {
      // Root may do everything but write into the kernel's own file system.
      await errorOf('STORE_NOT_WRITABLE', new MappedStorage('/sys').createDirectory('tailrace'))
      return
    }
    chmodSync(directory.path, 0o555)
    await errorOf('STORE_NOT_WRITABLE', new MappedStorage(directory.path).createDirectory('x'))
    chmodSync(directory.path, 0o755)
  })
})

describe('mapFile', () => {
  it.each([0, -1, 1.5, NaN, MAPPING_BYTES_MAX + 1, 2 ** 32 + 4096])('refuses %d bytes', (size) => {
    expect(() => mapFile(0, size, 'read')).toThrow(RangeError)
  })
})
