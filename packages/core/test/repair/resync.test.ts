import {
  BATCH_HEADER_BYTES,
  commitBatch,
  inspectBatch,
  readHeaderWord,
  stampBatch,
} from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import {
  continuationBehind,
  firstBatchIn,
  offsetBounds,
  type BatchBounds,
} from '../../src/segments/resync.js'
import { produce } from '../support/records.js'

interface Stamp {
  readonly baseOffset: number
  readonly appendTimeUs?: number
  readonly epoch?: number
}

/** A batch as the log stores it. */
function stored(values: readonly (string | Uint8Array)[], stamp: Stamp): Uint8Array {
  const bytes = produce(values.map((value) => ({ value })))
  const commit = { headerWord: readHeaderWord(bytes), batchLength: bytes.length }
  const view = new DataView(bytes.buffer)
  stampBatch(view, 0, { appendTimeUs: 1000, epoch: 1, ...stamp, ...commit })
  commitBatch(view, 0, commit)
  expect(inspectBatch(bytes, 0, bytes.length, 'whole')).toBeUndefined()
  return bytes
}

/** The batches one behind the other, as in a segment. */
function segmentOf(...batches: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(batches))
}

function flipped(bytes: Uint8Array, position: number, mask = 0x10): Uint8Array {
  const copy = bytes.slice()
  copy[position] = (copy[position] ?? 0) ^ mask
  return copy
}

function behind(
  bytes: Uint8Array,
  bounds: BatchBounds = offsetBounds(10, Number.MAX_SAFE_INTEGER),
): unknown {
  return continuationBehind({ bytes, damagedAt: 0, limit: bytes.length }, bounds)
}

/** A value of whole words in which a batch lies at a word's address, as it does in a mirror of streams. */
function holding(inner: Uint8Array): Uint8Array {
  // Behind the header of 72 bytes and two columns of 4 the values begin at a multiple of 8.
  return segmentOf(new Uint8Array(16).fill(1), inner)
}

const NEXT = stored(['next'], { baseOffset: 12 })
const AFTER = stored(['after'], { baseOffset: 13 })

describe('continuationBehind', () => {
  const damaged = stored(['one', 'two'], { baseOffset: 10 })

  it('believes a header whose check holds, whatever became of the body', () => {
    const bytes = segmentOf(flipped(damaged, BATCH_HEADER_BYTES + 3), NEXT)
    expect(behind(bytes)).toEqual({ position: damaged.length, offset: 12 })
    // Also when the next one is no better, or is not there.
    expect(behind(bytes.slice(0, damaged.length))).toEqual({ position: damaged.length, offset: 12 })
    const both = segmentOf(flipped(damaged, 80), flipped(NEXT, 80), AFTER)
    expect(behind(both)).toEqual({ position: damaged.length, offset: 12 })
  })

  it('finds the next batch behind a header with any bit flipped', () => {
    for (let position = 0; position < BATCH_HEADER_BYTES; position += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const bytes = segmentOf(flipped(damaged, position, 1 << bit), NEXT, AFTER)
        const found = { position: damaged.length, offset: 12 }
        expect(behind(bytes), `bit ${String(bit)} of byte ${String(position)}`).toEqual(found)
      }
    }
  })

  it('finds it behind a header that is wiped out', () => {
    const bytes = segmentOf(damaged.slice().fill(0xee, 0, BATCH_HEADER_BYTES), NEXT)
    expect(behind(bytes)).toEqual({ position: damaged.length, offset: 12 })
  })

  it('says that nothing follows', () => {
    const wiped = damaged.slice().fill(0xee)
    expect(behind(wiped)).toBeUndefined()
    expect(behind(segmentOf(wiped, new Uint8Array(4096)))).toBeUndefined()
    expect(behind(new Uint8Array(8))).toBeUndefined()
    expect(behind(new Uint8Array(0))).toBeUndefined()
  })

  it('stays where a whole batch of later offsets is: what is missing left no bytes', () => {
    expect(behind(segmentOf(NEXT, AFTER))).toEqual({ position: 0, offset: 12 })
  })

  it('passes a batch by that lies outside of the bounds', () => {
    const bounds = { offsetMin: 10, offsetEnd: 14, appendTimeUsMin: 1000, epochMax: 2 }
    const wiped = damaged.slice().fill(0xee)
    for (const stamp of [
      { baseOffset: 9 },
      { baseOffset: 14 },
      { baseOffset: 12, appendTimeUs: 999 },
      { baseOffset: 12, epoch: 3 },
    ]) {
      const other = stored(['other'], stamp)
      const found = { position: wiped.length + other.length, offset: 13 }
      expect(behind(segmentOf(wiped, other, AFTER), bounds)).toEqual(found)
    }
    const fitting = stored(['other'], { baseOffset: 12, epoch: 2 })
    expect(behind(segmentOf(wiped, fitting, AFTER), bounds)).toEqual({
      position: wiped.length,
      offset: 12,
    })
  })

  it('does not take a damaged one for the next', () => {
    const wiped = damaged.slice().fill(0xee)
    for (const position of [0, 20, 40, 77]) {
      const bytes = segmentOf(wiped, flipped(NEXT, position), AFTER)
      expect(behind(bytes)).toEqual({ position: wiped.length + NEXT.length, offset: 13 })
    }
  })
})

describe('a batch inside of a value of the damaged one', () => {
  // It fits in every way: only where it lies tells that it is not the log's.
  const inner = stored(['forged'], { baseOffset: 11 })
  const outer = stored(['8 bytes.', holding(inner)], { baseOffset: 10 })

  it('is a batch when somebody looks for one there', () => {
    const position = outer.length - inner.length
    expect(position % 8).toBe(0)
    const range = { start: 8, end: outer.length }
    expect(firstBatchIn(outer, range, offsetBounds(10, 20))).toEqual({ position, offset: 11 })
  })

  it.each([
    ['magic', 0],
    ['version', 2],
    ['length', 4],
    ['length, beyond the end', 7],
    ['base offset', 8],
    ['append time', 16],
    ['epoch', 24],
    ['header check', 28],
    ['body check', 32],
    ['attributes', 36],
    ['record count', 40],
    ['producer', 56],
  ])('is not taken for the next one when the %s is damaged', (_, position) => {
    const bytes = segmentOf(flipped(outer, position), NEXT, AFTER)
    expect(behind(bytes)).toEqual({ position: outer.length, offset: 12 })
  })

  it.each([
    ['magic', 0],
    ['body check', 32],
  ])('is not taken for one when nothing follows and the %s is damaged', (_, position) => {
    const bytes = segmentOf(flipped(outer, position), new Uint8Array(64))
    expect(behind(bytes)).toBeUndefined()
  })

  it('is not taken for one when the damaged length leads to a later batch', () => {
    const bytes = segmentOf(outer.slice(), NEXT, AFTER)
    new DataView(bytes.buffer).setUint32(4, outer.length + NEXT.length, true)
    expect(behind(bytes)).toEqual({ position: outer.length, offset: 12 })
  })
})

describe('firstBatchIn', () => {
  it('finds only what begins in the range', () => {
    const bytes = segmentOf(new Uint8Array(80), NEXT, AFTER)
    const bounds = offsetBounds(0, 100)
    const at = (start: number, end: number): unknown => firstBatchIn(bytes, { start, end }, bounds)
    expect(at(0, 80)).toBeUndefined()
    expect(at(0, 81)).toEqual({ position: 80, offset: 12 })
    expect(at(80, 1000)).toEqual({ position: 80, offset: 12 })
    expect(at(88, 1000)).toEqual({ position: 80 + NEXT.length, offset: 13 })
  })
})
