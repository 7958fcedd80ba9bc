import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ByteWindow, WINDOW_BYTES, WindowBuffer } from '../../src/repair/byte-window.js'
import { DiskSource, readAround, type ReadAt } from '../../src/repair/disk-source.js'
import type { SourceFile } from '../../src/repair/file-source.js'
import { thrownBy } from '../support/errors.js'
import { temporaryDirectory } from '../support/temporary.js'

/** A disk of which some pages cannot be read; the bytes are their page's number. */
function badDisk(sizeBytes: number, badPages: readonly number[]): ReadAt {
  return (target, length, position) => {
    const end = Math.min(position + length, sizeBytes)
    for (let at = position; at < end; at += 1) {
      const page = Math.floor(at / 4096)
      if (badPages.includes(page)) {
        return Promise.reject(Object.assign(new Error('input/output error'), { code: 'EIO' }))
      }
      target[at - position] = page + 1
    }
    return Promise.resolve(Math.max(0, end - position))
  }
}

describe('readAround', () => {
  it('gives zeros for the pages that the disk does not, and everything around them', async () => {
    const target = new Uint8Array(5 * 4096).fill(99)
    const found = await readAround(badDisk(1e6, [2, 4]), target, 4096 + 100)
    expect(found).toEqual({ count: target.length, unreadableBytes: 4096 + 4096 })
    for (const [at, byte] of target.entries()) {
      const page = Math.floor((4096 + 100 + at) / 4096)
      expect(byte).toBe(page === 2 || page === 4 ? 0 : page + 1)
    }
  })

  it('reads in one call where nothing is wrong', async () => {
    const lengths: number[] = []
    const disk = badDisk(1e6, [])
    const readAt: ReadAt = (target, length, position) => {
      lengths.push(length)
      return disk(target, length, position)
    }
    await readAround(readAt, new Uint8Array(100_000), 0)
    expect(lengths).toEqual([100_000])
  })

  it('goes on after a short read, and ends with the file', async () => {
    const disk = badDisk(10_000, [])
    const short: ReadAt = (target, length, position) =>
      disk(target, Math.min(length, 700), position)
    const target = new Uint8Array(20_000)
    expect(await readAround(short, target, 0)).toEqual({ count: 10_000, unreadableBytes: 0 })
    expect(await readAround(short, target, 10_000)).toEqual({ count: 0, unreadableBytes: 0 })
  })

  it('passes every other error on', async () => {
    const failure = Object.assign(new Error('not a file'), { code: 'EISDIR' })
    const readAt: ReadAt = () => Promise.reject(failure)
    expect(await thrownBy(readAround(readAt, new Uint8Array(8), 0))).toBe(failure)
  })
})

describe('DiskSource', () => {
  it('says undefined of what is not there', async () => {
    using directory = temporaryDirectory()
    const source = new DiskSource(directory.path)
    expect(await source.list('none')).toBeUndefined()
    expect(await source.readFile('none')).toBeUndefined()
    expect(await source.open('none')).toBeUndefined()
  })

  it('counts what it could not read', async () => {
    using directory = temporaryDirectory()
    writeFileSync(directory.at('file'), new Uint8Array(10_000).fill(3))
    const file = await new DiskSource(directory.path).open('file')
    const target = new Uint8Array(20_000)
    expect(await file?.read(target, 4)).toBe(9996)
    expect(file).toMatchObject({ sizeBytes: 10_000, unreadableBytes: 0 })
    await file?.close()
  })
})

describe('ByteWindow', () => {
  /** A file of as many bytes, each the position modulo 251; cut to `cutTo` after the first read. */
  function fileOf(sizeBytes: number, cutTo = sizeBytes): SourceFile & { reads: number } {
    let size = sizeBytes
    return {
      sizeBytes,
      unreadableBytes: 0,
      reads: 0,
      read(target, position) {
        this.reads += 1
        const count = Math.max(0, Math.min(target.length, size - position))
        for (let at = 0; at < count; at += 1) target[at] = (position + at) % 251
        size = cutTo
        return Promise.resolve(count)
      },
      close: () => Promise.resolve(),
    }
  }

  it('holds what was asked for, and reads again only when it must', async () => {
    const file = fileOf(5 * WINDOW_BYTES)
    const ends: number[] = []
    const window = new ByteWindow(file, new WindowBuffer(), (end) => ends.push(end))
    for (const position of [0, 8, WINDOW_BYTES - 8, WINDOW_BYTES, 3 * WINDOW_BYTES + 5]) {
      await window.hold(position, 8)
      expect(window.holds(position, 8)).toBe(true)
      expect(window.bytes[window.at(position)]).toBe(position % 251)
      expect(window.positionOf(window.at(position))).toBe(position)
    }
    expect(file.reads).toBe(3)
    expect(ends).toEqual([WINDOW_BYTES, 2 * WINDOW_BYTES, 4 * WINDOW_BYTES + 5])
  })

  it('grows for what is larger than a window', async () => {
    const window = new ByteWindow(fileOf(3 * WINDOW_BYTES), new WindowBuffer(), () => undefined)
    await window.hold(100, 2 * WINDOW_BYTES)
    expect(window.bytes.length).toBe(2 * WINDOW_BYTES)
    expect(window.bytes.at(-1)).toBe((100 + 2 * WINDOW_BYTES - 1) % 251)
  })

  it('ends with the file, also when that is cut meanwhile', async () => {
    const window = new ByteWindow(
      fileOf(3 * WINDOW_BYTES, 1000),
      new WindowBuffer(),
      () => undefined,
    )
    await window.hold(0, 8)
    expect(window.sizeBytes).toBe(3 * WINDOW_BYTES)
    await window.hold(2 * WINDOW_BYTES, 8)
    expect(window.sizeBytes).toBe(2 * WINDOW_BYTES)
    expect(window.bytes.length).toBe(0)
    expect(window.holds(2 * WINDOW_BYTES, 8)).toBe(true)
  })
})
