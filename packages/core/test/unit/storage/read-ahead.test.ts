/** Pages that are not in memory are read off the event loop; those that are, are not. */

import { spawnSync } from 'node:child_process'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MappedStorage } from '../../../src/index.js'
import { isResident, PAGE_BYTES } from '../../../src/storage/mmap.js'
import { readIntoCache } from '../../../src/storage/read-ahead.js'
import { errorOf } from '../../support/errors.js'
import { temporaryDirectory } from '../../support/temporary.js'

const SIZE = 3 * 1024 * 1024 + 5

/** Has the kernel forget a file's pages; false where it does not, as on a file system in memory. */
function dropPages(path: string): boolean {
  spawnSync('sync', [path])
  return spawnSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']).status === 0
}

describe('readAhead of a mapped file', () => {
  it('brings pages into memory, and does nothing for those that are there', async (context) => {
    using directory = temporaryDirectory()
    const path = directory.at('cold')
    writeFileSync(path, new Uint8Array(SIZE).fill(7))
    if (!dropPages(path)) context.skip('the pages of a file cannot be dropped here')
    const file = new MappedStorage(directory.path).open('cold', 'read')
    if (isResident(file.bytes)) context.skip('the file system keeps all pages in memory')
    await file.readAhead?.(PAGE_BYTES + 1, SIZE)
    expect(isResident(file.bytes.subarray(PAGE_BYTES))).toBe(true)
    expect(file.readAhead?.(PAGE_BYTES, SIZE)).toBeUndefined()
    expect(file.bytes.every((byte) => byte === 7)).toBe(true)
    file.close()
    expect(file.readAhead?.(0, SIZE)).toBeUndefined()
  })

  it('is none for an empty range', () => {
    using directory = temporaryDirectory()
    writeFileSync(directory.at('some'), 'some bytes')
    const file = new MappedStorage(directory.path).open('some', 'read')
    expect(file.readAhead?.(0, 0)).toBeUndefined()
    file.close()
  })

  it('reports what the disk cannot read', async () => {
    using directory = temporaryDirectory()
    writeFileSync(directory.at('some'), 'some bytes')
    const descriptor = openSync(directory.at('some'), 'a')
    const part = { path: 'some', descriptor, start: 0, end: 10 }
    await errorOf('IO_ERROR', readIntoCache(part))
    closeSync(descriptor)
  })
})
