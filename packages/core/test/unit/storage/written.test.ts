/** What is written into a mapped file instead of being stored to it. */
import { readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MappedStorage } from '../../../src/index.js'
import type { StorageFile } from '../../../src/index.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { text } from '../../support/records.js'

const MIB = 1024 * 1024

describe('a write into a mapped file', () => {
  it('is seen in every mapping of the file and in the file, its parts one behind the other', async () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    const file = await storage.create('file', 9000, { isSynced: false })
    const other = storage.open('file', 'read')
    writeInto(file, 4090, [text('one'), text(''), text('two'), new Uint8Array(4000).fill(7)])
    for (const bytes of [file.bytes, other.bytes, readFileSync(directory.at('file'))]) {
      expect(Buffer.from(bytes.subarray(4088, 4098))).toEqual(Buffer.from('\0\0onetwo\x07\x07'))
      expect(bytes.subarray(4096, 8096).every((byte) => byte === 7)).toBe(true)
      expect(bytes.subarray(8096).every((byte) => byte === 0)).toBe(true)
    }
    expect(statSync(directory.at('file')).size).toBe(9000)
    file.close()
    other.close()
  })

  it('meets what was stored to the same page, either way round', async () => {
    using directory = temporaryDirectory()
    const file = await new MappedStorage(directory.path).create('file', 4096)
    file.bytes.set(text('stored'), 0)
    file.wrote(0, 6)
    writeInto(file, 6, [text(' written')])
    file.bytes.set(text('S'), 0)
    file.wrote(0, 1)
    await file.sync()
    expect(readFileSync(directory.at('file'), 'latin1').slice(0, 14)).toBe('Stored written')
    file.close()
  })

  it('refuses to go beyond the end, and into a file that was closed', async () => {
    using directory = temporaryDirectory()
    const file = await new MappedStorage(directory.path).create('file', 100)
    expect(() => {
      writeInto(file, 95, [text('abc'), text('def')])
    }).toThrow('beyond the end')
    expect(statSync(directory.at('file')).size).toBe(100)
    file.close()
    expect(() => {
      writeInto(file, 0, [text('a')])
    }).toThrow('closed file')
  })

  it('can be of bytes of the same mapping', async () => {
    using directory = temporaryDirectory()
    const file = await new MappedStorage(directory.path).create('file', MIB)
    file.bytes.fill(5, 0, 300_000)
    file.wrote(0, 300_000)
    writeInto(file, 300_000, [file.bytes.subarray(0, 300_000)])
    expect(file.bytes.subarray(0, 600_000).every((byte) => byte === 5)).toBe(true)
    file.close()
  })
})

function writeInto(file: StorageFile, position: number, parts: readonly Uint8Array[]): void {
  if (file.write === undefined) throw new Error('mapped files have it')
  file.write(position, parts)
}
