/** Stamping and committing: what the log does for each append, byte by byte. */

import { describe, expect, it } from 'vitest'
import {
  AssertionError,
  BATCH_LENGTH_AT,
  FormatError,
  HEADER_WORD,
  commitBatch,
  commitBatchOrdered,
  crc32,
  inspectBatch,
  readHeaderWord,
  restampProducer,
  stampBatch,
} from '../../../src/index.js'
import { embed, fullBatch, produce, text, viewOf } from '../../support/batches.js'

const POSITION = 128

function append() {
  const source = produce([{ value: text('value') }, { value: text('other') }])
  const segment = new Uint8Array(4096)
  const stamp = {
    headerWord: readHeaderWord(source),
    batchLength: source.length,
    baseOffset: 2 ** 40,
    appendTimeUs: 1_763_600_000_000_000,
    epoch: 9,
  }
  segment.set(source.subarray(8), POSITION + 8)
  return { source, segment, view: viewOf(segment), stamp }
}

describe('a batch that is appended', () => {
  it('is not there until the commit, and valid from then on', () => {
    const { segment, view, stamp } = append()
    const state = () => inspectBatch(segment, POSITION, segment.length, 'whole')?.code
    expect(state()).toBe('BAD_MAGIC')
    stampBatch(view, POSITION, stamp)
    expect(segment.subarray(POSITION, POSITION + 8)).toEqual(new Uint8Array(8))
    expect(state()).toBe('BAD_MAGIC')
    view.setUint32(POSITION, stamp.headerWord, true)
    expect(state()).toBe('INVALID_FIELD')
    commitBatch(view, POSITION, stamp)
    expect(state()).toBeUndefined()
  })

  it('differs from the source only in what the log writes', () => {
    const { source, segment, view, stamp } = append()
    stampBatch(view, POSITION, stamp)
    commitBatch(view, POSITION, stamp)
    const stored = segment.subarray(POSITION, POSITION + source.length)
    expect(stored.subarray(0, 8)).toEqual(source.subarray(0, 8))
    expect(stored.subarray(32)).toEqual(source.subarray(32))
    const first = crc32(stored, 0, 28)
    expect(viewOf(stored).getUint32(28, true)).toBe(crc32(stored, 32, 72, first))
    expect(segment.subarray(POSITION + source.length).every((byte) => byte === 0)).toBe(true)
  })

  it('is the same when committed by an atomic store', () => {
    const plain = append()
    stampBatch(plain.view, POSITION, plain.stamp)
    commitBatch(plain.view, POSITION, plain.stamp)
    const ordered = append()
    stampBatch(ordered.view, POSITION, ordered.stamp)
    commitBatchOrdered(new Int32Array(ordered.segment.buffer), POSITION, ordered.stamp)
    expect(ordered.segment).toEqual(plain.segment)
  })

  it.each([
    { baseOffset: -1 },
    { baseOffset: 2 ** 53 },
    { appendTimeUs: 0.5 },
    { headerWord: 0 },
    { headerWord: HEADER_WORD - 0x0100_0000 },
    { batchLength: 0 },
    { batchLength: 100 },
  ])('cannot be stamped with %o', (change) => {
    const { view, stamp } = append()
    expect(() => stampBatch(view, POSITION, { ...stamp, ...change })).toThrow(AssertionError)
  })

  it('cannot be committed with nonsense, or at a place where no batch begins', () => {
    const { segment, view, stamp } = append()
    const words = new Int32Array(segment.buffer)
    for (const bad of [
      { ...stamp, headerWord: 1 },
      { ...stamp, batchLength: 0 },
    ]) {
      expect(() => commitBatch(view, POSITION, bad)).toThrow(AssertionError)
      expect(() => commitBatchOrdered(words, POSITION, bad)).toThrow(AssertionError)
    }
    expect(() => commitBatch(view, POSITION + 4, stamp)).toThrow(AssertionError)
    expect(view.getUint32(POSITION + BATCH_LENGTH_AT, true)).toBe(0)
  })
})

describe('the header word', () => {
  it('is read at any address', () => {
    const batch = embed(fullBatch(), 0xff, 3)
    expect(readHeaderWord(batch)).toBe(HEADER_WORD)
    const host = new Uint8Array(batch.length + 5)
    host.set(batch, 5)
    expect(readHeaderWord(host, 5)).toBe(HEADER_WORD)
  })

  it.each([
    ['BAD_MAGIC', 0, 0],
    ['UNSUPPORTED_FORMAT_VERSION', 2, 7],
    ['INVALID_FIELD', 3, 8],
  ])('is refused with %s', (code, at, byte) => {
    const batch = fullBatch()
    batch[at] = byte
    expect(() => readHeaderWord(batch)).toThrow(expect.objectContaining({ code }))
  })

  it('is refused where no header fits', () => {
    const batch = fullBatch()
    for (const position of [-1, batch.length - 71, batch.length, batch.length + 5, Number.NaN]) {
      expect(() => readHeaderWord(batch, position)).toThrow(
        expect.objectContaining({ code: 'TRUNCATED' }),
      )
    }
    expect(() => readHeaderWord(batch, 0.5)).toThrow(FormatError)
  })
})

describe('a batch under a new producer', () => {
  const fields = { producerId: 5, producerEpoch: 6, baseSequence: 7 }

  it('does not get a fresh checksum over damage', () => {
    const batch = produce([{ value: text('value') }])
    batch[77] = (batch[77] ?? 0) ^ 1
    const damaged = batch.slice()
    expect(() => restampProducer(batch, fields)).toThrow(
      expect.objectContaining({ code: 'CHECKSUM_MISMATCH' }),
    )
    expect(batch).toEqual(damaged)
  })

  it('is unchanged when a field is out of range', () => {
    const batch = produce([{ value: text('value') }])
    const before = batch.slice()
    for (const bad of [{ producerId: -1 }, { producerEpoch: 65536 }, { baseSequence: 2 ** 32 }]) {
      expect(() => restampProducer(batch, { ...fields, ...bad })).toThrow(RangeError)
    }
    expect(batch).toEqual(before)
  })
})
