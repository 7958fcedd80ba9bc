import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { commitBatch, readHeaderWord, stampBatch } from '@tailrace/format'
import { MappedStorage, type StorageFile } from '../../../src/index.js'
import { cutTornTail, endOfNonZero, laterBatch } from '../../../src/log/torn-tail.js'
import { SegmentBytes } from '../../../src/segments/segment-bytes.js'
import { produce } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'

/** The slow and obvious way. */
function lastNonZero(bytes: Uint8Array, start: number): number {
  let end = bytes.length
  while (end > start && bytes[end - 1] === 0) end -= 1
  return Math.max(end, start)
}

describe('endOfNonZero', () => {
  it('finds the last byte at every alignment of buffer, start, end and byte', () => {
    for (let alignment = 0; alignment < 8; alignment += 1) {
      for (let length = 0; length <= 40; length += 1) {
        const bytes = new Uint8Array(new ArrayBuffer(64), alignment, length)
        for (let start = 0; start <= length; start += 1) {
          expect(endOfNonZero(bytes, start)).toBe(start)
          for (let at = 0; at < length; at += 1) {
            bytes[at] = 1
            const end = endOfNonZero(bytes, start)
            if (end !== lastNonZero(bytes, start))
              expect({ alignment, length, start, at, end }).toBe({})
            bytes[at] = 0
          }
        }
      }
    }
  })

  it.each([
    ['minus zero', -0],
    ['not a number', NaN],
    ['the smallest number', 5e-324],
    ['infinity', Infinity],
  ])('sees bytes that are %s as a number', (_, value) => {
    const bytes = new Uint8Array(64)
    new DataView(bytes.buffer).setFloat64(16, value, true)
    expect(endOfNonZero(bytes, 0)).toBe(lastNonZero(bytes, 0))
    expect(endOfNonZero(bytes, 0)).toBeGreaterThan(16)
  })

  it('is the start when that lies behind the bytes', () => {
    expect(endOfNonZero(new Uint8Array(16).fill(1), 128)).toBe(128)
  })
})

/** A file that is only memory. */
function memoryFile(sizeBytes: number): StorageFile {
  return {
    bytes: new Uint8Array(sizeBytes),
    wrote: () => {},
    sync: async () => {},
    close: () => {},
  }
}

/** Batches from the offset on, anywhere in a small file. */
function upTo(nextOffset: number): { nextOffset: number; limit: number } {
  return { nextOffset, limit: 8192 }
}

/** A file of zeros with stored batches at the given positions. */
function contentsWith(
  sizeBytes: number,
  ...places: { position: number; baseOffset: number }[]
): SegmentBytes {
  const contents = new SegmentBytes(memoryFile(sizeBytes))
  for (const { position, baseOffset } of places) {
    const batch = produce([{ value: 'something' }])
    contents.bytes.set(batch.subarray(8), position + 8)
    const commit = { headerWord: readHeaderWord(batch), batchLength: batch.length }
    stampBatch(contents.view, position, { ...commit, baseOffset, appendTimeUs: 1, epoch: 1 })
    commitBatch(contents.view, position, commit)
  }
  return contents
}

describe('laterBatch', () => {
  it('finds none in zeros, in noise and in too few bytes', () => {
    expect(laterBatch(contentsWith(512), 128, upTo(0))).toBeUndefined()
    expect(laterBatch(contentsWith(0), 128, upTo(0))).toBeUndefined()
    const noise = contentsWith(4096)
    for (let at = 0; at < 4096; at += 1) noise.bytes[at] = (at * 7919) % 256
    expect(laterBatch(noise, 128, upTo(0))).toBeUndefined()
  })

  it('finds a valid batch behind a hole, at every aligned distance', () => {
    for (let position = 136; position < 400; position += 8) {
      const found = laterBatch(contentsWith(1024, { position, baseOffset: 9 }), 128, upTo(5))
      expect(found).toEqual({ position, baseOffset: 9 })
    }
  })

  it('does not take the batch at the position itself, nor one of an earlier offset', () => {
    expect(
      laterBatch(contentsWith(512, { position: 128, baseOffset: 9 }), 128, upTo(5)),
    ).toBeUndefined()
    expect(
      laterBatch(contentsWith(512, { position: 256, baseOffset: 4 }), 128, upTo(5)),
    ).toBeUndefined()
    expect(
      laterBatch(contentsWith(512, { position: 256, baseOffset: 5 }), 128, upTo(5)),
    ).toBeDefined()
  })

  it('does not look at or behind the limit, and takes no batch that reaches over it', () => {
    const contents = contentsWith(1024, { position: 256, baseOffset: 9 })
    const end = 256 + produce([{ value: 'something' }]).length
    expect(laterBatch(contents, 128, { nextOffset: 0, limit: end })?.position).toBe(256)
    expect(laterBatch(contents, 128, { nextOffset: 0, limit: end - 8 })).toBeUndefined()
    expect(laterBatch(contents, 128, { nextOffset: 0, limit: 256 })).toBeUndefined()
  })

  it('does not take a damaged one', () => {
    const contents = contentsWith(512, { position: 256, baseOffset: 9 })
    contents.bytes[256 + 80] = (contents.bytes[256 + 80] ?? 0) ^ 1
    expect(laterBatch(contents, 128, upTo(0))).toBeUndefined()
  })
})

describe('cutTornTail', () => {
  it('keeps the bytes beside, then zeros them, and only them', async () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    await storage.createDirectory('s')
    const file = await storage.create('s/7.log', 4096)
    file.bytes.fill(0xaa, 0, 300)
    const contents = new SegmentBytes(file)
    const evidence = await cutTornTail(storage, 's', {
      contents,
      start: 200,
      end: 300,
      label: '7.log',
    })
    expect(evidence).toBe('7.log-200.torn')
    const expected = new Uint8Array(4096).fill(0xaa, 0, 200)
    expect(Buffer.compare(readFileSync(directory.at('s', '7.log')), expected)).toBe(0)
    const kept = readFileSync(directory.at('s', evidence))
    expect(Buffer.compare(kept, new Uint8Array(100).fill(0xaa))).toBe(0)
    file.close()
  })
})
