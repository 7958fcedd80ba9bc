/** The view: fields and records in place, at any address, and nothing outside. */

import { describe, expect, it } from 'vitest'
import {
  ATTRIBUTES_AT,
  ATTRIBUTE_CONTROL,
  ATTRIBUTE_OFFSETS,
  BATCH_HEADER_BYTES,
  BATCH_LENGTH_AT,
  BODY_CHECK_AT,
  BatchView,
  FormatError,
  HEADER_WORDS_AT,
  LAST_OFFSET_DELTA_AT,
  RECORD_COUNT_AT,
  crc32,
} from '../../../src/index.js'
import {
  CREATE_TIME_US,
  LOG_FIELDS,
  embed,
  fullBatch,
  produce,
  readBack,
  run,
  stamp,
  text,
  thrownBy,
  viewOf,
} from '../../support/batches.js'

describe('a view', () => {
  const batch = fullBatch()

  it('shows every field', () => {
    const view = new BatchView(batch)
    expect(view).toMatchObject({
      position: 0,
      batchLength: batch.length,
      ...LOG_FIELDS,
      recordCount: 3,
      lastOffset: 1002,
      nextOffset: 1003,
      createTimeUs: CREATE_TIME_US,
      producerId: 2 ** 40 + 1,
      producerEpoch: 7,
      baseSequence: 11,
      lastSequence: 13,
      isControl: false,
      hasTimes: true,
      hasKeys: true,
      hasHeaders: true,
      hasOffsets: false,
      bodyCheck: crc32(batch, BODY_CHECK_AT + 4),
    })
    expect(view.bytes()).toEqual(batch)
  })

  it.each([0, 1, 2, 3, 5, 7])('reads the same %s bytes from an aligned address', (shift) => {
    const shifted = embed(batch, 0x55, shift)
    const view = new BatchView(shifted)
    expect(readBack(view)).toEqual(readBack(new BatchView(batch)))
    expect(shifted.subarray(view.valueStart(2), view.valueEnd(2))).toEqual(text('third!'))
  })

  it('counts positions from the start of the bytes it wraps', () => {
    const { bytes, positions } = run()
    const view = new BatchView(embed(bytes, 0x55))
    for (const position of positions) {
      view.wrap(embed(bytes, 0x55), position)
      expect(view.position).toBe(position)
      expect(view.valueStart(0)).toBe(position + BATCH_HEADER_BYTES + 4)
    }
  })

  it('gives views of the memory and not copies', () => {
    const bytes = batch.slice()
    const value = new BatchView(bytes).value(0)
    expect(value.buffer).toBe(bytes.buffer)
    value[0] = 0x46
    expect(new BatchView(bytes).value(0)).toEqual(text('First'))
  })

  it('gives plain Uint8Arrays also of a Buffer', () => {
    const view = new BatchView(Buffer.from(batch))
    expect(Object.getPrototypeOf(view.value(0))).toBe(Uint8Array.prototype)
    expect(Object.getPrototypeOf(view.bytes())).toBe(Uint8Array.prototype)
  })

  it('has nothing for a key or headers of length zero', () => {
    const view = new BatchView(batch)
    expect([0, 1, 2].map((i) => view.key(i))).toEqual([text('k1'), undefined, undefined])
    expect([0, 1, 2].map((i) => view.headers(i))).toEqual([undefined, undefined, text('h=1')])
    const plain = new BatchView(produce([{ value: text('v') }]))
    expect(plain.key(0)).toBeUndefined()
    expect(plain.headers(0)).toBeUndefined()
    expect(plain.timeUs(0)).toBe(CREATE_TIME_US)
  })

  it.each([-1, 3, 0.5, Number.NaN, 2 ** 32, Infinity])('has no record %s', (i) => {
    const view = new BatchView(batch)
    for (const read of [
      () => view.value(i),
      () => view.key(i),
      () => view.headers(i),
      () => view.valueStart(i),
      () => view.valueEnd(i),
      () => view.offset(i),
      () => view.timeUs(i),
    ]) {
      expect(read).toThrow(RangeError)
    }
  })

  it('wraps sequences at 2^32', () => {
    const records = [{ value: text('a') }, { value: text('b') }, { value: text('c') }]
    const view = new BatchView(produce(records, { producerId: 1, baseSequence: 2 ** 32 - 2 }))
    expect(view.lastSequence).toBe(0)
  })

  it('knows a control batch', () => {
    const bytes = produce([{ value: text('a') }])
    viewOf(bytes).setUint16(ATTRIBUTES_AT, ATTRIBUTE_CONTROL, true)
    expect(new BatchView(bytes).isControl).toBe(true)
  })

  it('skips extension blocks', () => {
    const plain = stamp(produce([{ value: text('behind') }]))
    const bytes = new Uint8Array(plain.length + 16).fill(0xee)
    bytes.set(plain.subarray(0, BATCH_HEADER_BYTES))
    bytes.set(plain.subarray(BATCH_HEADER_BYTES), BATCH_HEADER_BYTES + 16)
    bytes[HEADER_WORDS_AT] = 11
    viewOf(bytes).setUint32(BATCH_LENGTH_AT, bytes.length, true)
    const view = new BatchView(bytes)
    expect(view.value(0)).toEqual(text('behind'))
    expect(view.valueStart(0)).toBe(BATCH_HEADER_BYTES + 16 + 4)
  })
})

describe('offsets of records', () => {
  it('are dense without a column', () => {
    const view = new BatchView(fullBatch())
    expect([0, 1, 2].map((i) => view.offset(i))).toEqual([1000, 1001, 1002])
    expect([0, 999, 1000, 1001, 1002, 1003, 5000].map((o) => view.indexOfOffset(o))).toEqual([
      0, 0, 0, 1, 2, 3, 3,
    ])
  })

  /** Of five records the first, the third and the fourth are left: offsets 1000, 1002, 1003. */
  function compacted(): Uint8Array {
    const values = [text('a'), text('c'), text('d')].map((value) => ({ value, key: text('k') }))
    const bytes = stamp(produce(values))
    // The column of keys has the right shape to become one of offsets: 0, 2, 3 of 0 to 4.
    const view = viewOf(bytes)
    view.setUint16(ATTRIBUTES_AT, ATTRIBUTE_OFFSETS, true)
    view.setUint32(LAST_OFFSET_DELTA_AT, 4, true)
    const column = [0, 2, 3]
    column.forEach((delta, i) => {
      view.setUint32(BATCH_HEADER_BYTES + 12 + i * 4, delta, true)
    })
    return bytes
  }

  it('are read from the column of a compacted batch', () => {
    const view = new BatchView(compacted())
    expect(view.hasOffsets).toBe(true)
    expect([0, 1, 2].map((i) => view.offset(i))).toEqual([1000, 1002, 1003])
    expect(view).toMatchObject({ lastOffset: 1004, nextOffset: 1005 })
    expect([999, 1000, 1001, 1002, 1003, 1004].map((o) => view.indexOfOffset(o))).toEqual([
      0, 0, 1, 1, 2, 3,
    ])
  })
})

describe('wrapping', () => {
  it('moves the view within a buffer and to another', () => {
    const { bytes, positions } = run()
    const view = new BatchView(bytes)
    const offsets = positions.map((position) => view.wrap(bytes, position).baseOffset)
    expect(offsets).toEqual([0, 1, 2])
    expect(view.wrap(fullBatch(), 0).baseOffset).toBe(1000)
  })

  it('refuses what is no batch, and still shows the batch before', () => {
    const batch = fullBatch()
    const view = new BatchView(batch)
    expect(thrownBy(() => view.wrap(new Uint8Array(200), 8))).toMatchObject({
      code: 'BAD_MAGIC',
      details: { positionBytes: 8 },
    })
    for (const position of [-8, batch.length, 0.5, Number.NaN]) {
      expect(() => view.wrap(batch, position)).toThrow(FormatError)
    }
    expect(readBack(view)).toHaveLength(3)
  })

  it('refuses a batch that reaches behind the bytes, not only behind their buffer', () => {
    const { bytes, positions } = run()
    const first = bytes.subarray(0, (positions[1] ?? 0) - 8)
    expect(() => new BatchView(first)).toThrow(expect.objectContaining({ code: 'TRUNCATED' }))
  })

  it('refuses columns that do not fit', () => {
    const batch = fullBatch()
    viewOf(batch).setUint32(RECORD_COUNT_AT, 4000, true)
    expect(() => new BatchView(batch)).toThrow(expect.objectContaining({ code: 'INVALID_FIELD' }))
  })
})

describe('bytes that nobody inspected', () => {
  it('give a FormatError for a record that ends outside the batch, before the next one', () => {
    const { bytes } = run()
    const view = viewOf(bytes)
    view.setUint32(BATCH_HEADER_BYTES, 50, true)
    expect(() => new BatchView(bytes).value(0)).toThrow(
      expect.objectContaining({ code: 'INVALID_FIELD' }),
    )
  })

  it('give a FormatError for a record that ends before it begins', () => {
    const bytes = produce([{ value: text('aaa') }, { value: text('b') }])
    viewOf(bytes).setUint32(BATCH_HEADER_BYTES + 4, 1, true)
    expect(() => new BatchView(bytes).value(1)).toThrow(FormatError)
  })
})
