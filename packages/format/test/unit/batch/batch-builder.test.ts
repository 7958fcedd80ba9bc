/** The builder: what it writes, what it refuses, and that it is not harmed by a refusal. */

import { beforeEach, describe, expect, it } from 'vitest'
import {
  ATTRIBUTE_HEADERS,
  ATTRIBUTE_KEYS,
  ATTRIBUTE_TIMES,
  BATCH_HEADER_BYTES,
  BATCH_LENGTH_MAX,
  BATCH_LENGTH_MIN,
  BatchBuilder,
  BatchView,
  RequestError,
  inspectProducedBatch,
} from '../../../src/index.js'
import { CREATE_TIME_US, readBack, text } from '../../support/batches.js'

const HOUR_US = 3_600_000_000

let builder: BatchBuilder
beforeEach(() => {
  builder = new BatchBuilder()
})

function build(): BatchView {
  const bytes = builder.build({ createTimeUs: CREATE_TIME_US })
  expect(inspectProducedBatch(bytes, 0, bytes.length)).toBeUndefined()
  return new BatchView(bytes)
}

describe('an empty builder', () => {
  it('builds nothing', () => {
    expect(builder.recordCount).toBe(0)
    expect(builder.sizeBytes).toBe(BATCH_HEADER_BYTES)
    expect(() => builder.build({ createTimeUs: 0 })).toThrow(RangeError)
  })

  it('is empty again after a build, and after a clear', () => {
    builder.append(text('a'), { key: text('k'), headers: text('h'), timeUs: CREATE_TIME_US })
    build()
    expect(builder).toMatchObject({ recordCount: 0, sizeBytes: BATCH_HEADER_BYTES })
    builder.append(text('b'), { key: text('k'), timeUs: 5 })
    builder.clear()
    expect(builder).toMatchObject({ recordCount: 0, sizeBytes: BATCH_HEADER_BYTES })
    builder.append(text('c'))
    expect(build()).toMatchObject({ attributes: 0, recordCount: 1 })
  })
})

describe('a batch being built', () => {
  it('has the shortest length there is for one empty record', () => {
    builder.append(new Uint8Array(0))
    expect(build().batchLength).toBe(BATCH_LENGTH_MIN)
  })

  it('has a column only when some record needs it', () => {
    builder.append(text('a'), {})
    builder.append(text('b'), { key: text(''), headers: text(''), timeUs: undefined })
    expect(builder.sizeBytes).toBe(88)
    expect(build().attributes).toBe(0)

    builder.append(text('a'), { key: text('k') })
    expect(build().attributes).toBe(ATTRIBUTE_KEYS)
    builder.append(text('a'), { headers: text('h') })
    expect(build().attributes).toBe(ATTRIBUTE_HEADERS)
    builder.append(text('a'), { timeUs: CREATE_TIME_US })
    expect(build().attributes).toBe(ATTRIBUTE_TIMES)
  })

  it('copies the bytes it is given', () => {
    const value = text('before')
    builder.append(value)
    value.fill(0)
    expect(build().value(0)).toEqual(text('before'))
  })

  it('takes a range of a larger buffer', () => {
    const source = text('0123456789')
    builder.appendRange(source, 2, 5)
    builder.appendRange(source, 5, 5)
    builder.appendRange(source, 0, 10)
    const values = readBack(build()).map(({ value }) => value)
    expect(values).toEqual([text('234'), text(''), source])
  })

  it.each([
    [-1, 2],
    [3, 2],
    [0, 11],
    [Number.NaN, 5],
    [0, Number.NaN],
  ])('refuses the range [%s, %s) of ten bytes', (start, end) => {
    expect(() => builder.appendRange(new Uint8Array(10), start, end)).toThrow(RangeError)
    expect(builder.recordCount).toBe(0)
  })

  it('leaves zero bytes in front for a prefix', () => {
    builder.append(text('a'))
    const alone = builder.build({ createTimeUs: 5 })
    builder.append(text('a'))
    const bytes = builder.build({ createTimeUs: 5, prefixBytes: 11 })
    expect(bytes.subarray(0, 11)).toEqual(new Uint8Array(11))
    expect(bytes.subarray(11)).toEqual(alone)
  })

  it('has log fields of zero', () => {
    builder.append(text('a'))
    expect(build()).toMatchObject({ baseOffset: 0, appendTimeUs: 0, epoch: 0, headerCheck: 0 })
  })
})

describe('options of a build', () => {
  it.each([
    { createTimeUs: -1 },
    { createTimeUs: 0.5 },
    { createTimeUs: 2 ** 53 },
    { createTimeUs: 0, prefixBytes: -1 },
    { createTimeUs: 0, prefixBytes: 1.5 },
    { createTimeUs: 0, producerId: -1 },
    { createTimeUs: 0, producerId: 2 ** 53 },
    { createTimeUs: 0, producerEpoch: 65536 },
    { createTimeUs: 0, baseSequence: 2 ** 32 },
  ])('must be in range: %o', (options) => {
    builder.append(text('a'))
    expect(() => builder.build(options)).toThrow(RangeError)
    expect(builder.recordCount).toBe(1)
  })

  it('may be at the end of their ranges', () => {
    builder.append(text('a'))
    const options = {
      createTimeUs: Number.MAX_SAFE_INTEGER,
      producerId: Number.MAX_SAFE_INTEGER,
      producerEpoch: 65535,
      baseSequence: 2 ** 32 - 1,
    }
    expect(new BatchView(builder.build(options))).toMatchObject(options)
  })
})

describe('records with nothing but a value', () => {
  it.each([{ key: text('k') }, { headers: text('h') }, { timeUs: CREATE_TIME_US + 5 }])(
    'lie well behind one that has %o',
    (options) => {
      const nothing = { key: undefined, headers: undefined, timeUs: CREATE_TIME_US }
      for (const value of ['a', 'b']) builder.append(text(value))
      builder.append(text('c'), options)
      for (const value of ['d', 'e']) builder.append(text(value))
      expect(readBack(build())).toEqual([
        { ...nothing, value: text('a') },
        { ...nothing, value: text('b') },
        { ...nothing, ...options, value: text('c') },
        { ...nothing, value: text('d') },
        { ...nothing, value: text('e') },
      ])
    },
  )
})

describe('a record whose key or headers cannot be copied', () => {
  // As an array of BigInt is, or memory that there is none of any more.
  const uncopyable = new BigInt64Array(3) as unknown as Uint8Array

  it.each([{ key: uncopyable }, { headers: uncopyable }])(
    'leaves the others as they are: %o',
    (options) => {
      const values = ['a', 'b', 'c', 'd'].map(text)
      for (const value of values.slice(0, 2)) builder.append(value)
      expect(() => builder.append(text('x'), options)).toThrow(TypeError)
      for (const value of values.slice(2)) builder.append(value)
      expect(readBack(build())).toEqual(
        values.map((value) => ({
          value,
          key: undefined,
          headers: undefined,
          timeUs: CREATE_TIME_US,
        })),
      )
    },
  )

  it('leaves nothing of itself to the next one', () => {
    builder.append(text('a'), { key: text('1') })
    for (const bad of [uncopyable, 5, 'text', new DataView(new ArrayBuffer(3))]) {
      const headers = bad as Uint8Array
      const options = { key: text('lost'), headers, timeUs: CREATE_TIME_US + 9 }
      expect(() => builder.append(text('x'), options)).toThrow(/^headers of a record is \[object/)
    }
    builder.append(text('b'), { key: text('2'), headers: Buffer.from('h') })
    const record = { headers: undefined, timeUs: CREATE_TIME_US }
    expect(readBack(build())).toEqual([
      { ...record, value: text('a'), key: text('1') },
      { ...record, value: text('b'), key: text('2'), headers: text('h') },
    ])
  })
})

describe('the longest batch', () => {
  const room = BATCH_LENGTH_MAX - BATCH_HEADER_BYTES - 4

  it('is built, and one byte more is refused', () => {
    expect(() => builder.append(new Uint8Array(room + 1))).toThrow(
      expect.objectContaining({ code: 'BATCH_TOO_LARGE' }),
    )
    builder.append(new Uint8Array(room))
    expect(builder.sizeBytes).toBe(BATCH_LENGTH_MAX)
    expect(build().batchLength).toBe(BATCH_LENGTH_MAX)
  })

  it.each([0, 1000, 1_000_000])('is as long of many values of %i bytes', (valueBytes) => {
    const value = new Uint8Array(valueBytes)
    const countMax = Math.floor((BATCH_LENGTH_MAX - BATCH_HEADER_BYTES) / (valueBytes + 4))
    for (let count = 0; count < countMax; count++) builder.append(value)
    const { sizeBytes } = builder
    expect(() => builder.append(value)).toThrow(RequestError)
    expect(builder).toMatchObject({ recordCount: countMax, sizeBytes })
    expect(build()).toMatchObject({ recordCount: countMax, batchLength: sizeBytes })
  })

  it('refuses a record by its key, headers, time or column, and is unchanged', () => {
    builder.append(new Uint8Array(room - 16))
    const before = builder.sizeBytes
    for (const options of [
      { key: new Uint8Array(12) },
      { headers: new Uint8Array(12) },
      { key: new Uint8Array(5), timeUs: 0 },
    ]) {
      expect(() => builder.append(text(''), options)).toThrow(RequestError)
    }
    expect(() => builder.appendRange(new Uint8Array(13), 0, 13)).toThrow(RequestError)
    expect(builder).toMatchObject({ recordCount: 1, sizeBytes: before })
    builder.append(new Uint8Array(12))
    expect(build()).toMatchObject({ recordCount: 2, attributes: 0 })
  })
})

describe('times of records', () => {
  const timesOf = (view: BatchView) => readBack(view).map(({ timeUs }) => timeUs)

  it('are the batch’s where a record has none', () => {
    builder.append(text('a'))
    builder.append(text('b'), { timeUs: CREATE_TIME_US - 3 })
    builder.append(text('c'))
    expect(timesOf(build())).toEqual([CREATE_TIME_US, CREATE_TIME_US - 3, CREATE_TIME_US])
  })

  it('may be far from the build when they are near each other', () => {
    const timesUs = [5 + HOUR_US / 2, 5, 7]
    for (const timeUs of timesUs) {
      expect(builder.fitsTime(timeUs, CREATE_TIME_US)).toBe(true)
      builder.append(text('a'), { timeUs })
    }
    const view = build()
    expect(view.createTimeUs).toBe(5)
    expect(timesOf(view)).toEqual(timesUs)
  })

  it('fit to the microsecond, and are refused one behind', () => {
    const spanUs = 2 ** 31 - 1
    builder.append(text('a'), { timeUs: 1000 })
    expect(builder.fitsTime(1000 + spanUs, CREATE_TIME_US)).toBe(true)
    expect(builder.fitsTime(1000 + spanUs + 1, CREATE_TIME_US)).toBe(false)
    builder.append(text('b'), { timeUs: 1000 + spanUs + 1 })
    expect(() => builder.build({ createTimeUs: CREATE_TIME_US })).toThrow(RangeError)
    expect(builder.recordCount).toBe(2)
  })

  it('must be near the build when some record has none', () => {
    expect(builder.fitsTime(undefined, CREATE_TIME_US)).toBe(true)
    builder.append(text('a'))
    expect(builder.fitsTime(CREATE_TIME_US - HOUR_US, CREATE_TIME_US)).toBe(false)
    expect(builder.fitsTime(CREATE_TIME_US - HOUR_US / 2, CREATE_TIME_US)).toBe(true)

    builder.clear()
    builder.append(text('a'), { timeUs: 5 })
    expect(builder.fitsTime(undefined, CREATE_TIME_US)).toBe(false)
    builder.append(text('b'))
    expect(() => builder.build({ createTimeUs: CREATE_TIME_US })).toThrow(RangeError)
  })

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('cannot be %s', (timeUs) => {
    expect(() => builder.append(text('a'), { timeUs })).toThrow(RangeError)
    expect(builder.recordCount).toBe(0)
  })
})
