/** Where batches come about: who owns the memory, what is in it, and what is moved. */

import { beforeEach, describe, expect, it } from 'vitest'
import { BatchBuilder, BatchView, inspectProducedBatch } from '../../../src/index.js'
import { BatchMemory } from '../../../src/batch/batch-memory.js'
import { CREATE_TIME_US, readBack, text } from '../../support/batches.js'

const CAPACITY_BYTES = 4096
const PREFIX_BYTES = 8

/** Sizes asked for; what is given is full of stale bytes. */
let askedFor: number[]
let builder: BatchBuilder

function staleBytes(sizeBytes: number): Uint8Array<ArrayBuffer> {
  askedFor.push(sizeBytes)
  return new Uint8Array(sizeBytes).fill(0xee)
}

beforeEach(() => {
  askedFor = []
  builder = new BatchBuilder({ capacityBytes: CAPACITY_BYTES, allocate: staleBytes })
})

/** Builds what is collected and what a builder with memory of its own makes of the same records. */
function buildBeside(records: readonly Parameters<BatchBuilder['append']>[]) {
  const reference = new BatchBuilder()
  for (const record of records) {
    builder.append(...record)
    reference.append(...record)
  }
  const options = { createTimeUs: CREATE_TIME_US, prefixBytes: PREFIX_BYTES }
  return { bytes: builder.build(options), expected: reference.build(options) }
}

describe('memory that is given', () => {
  it('leaves no trace in a batch, whatever it held', () => {
    for (let length = 0; length < 20; length++) {
      const records: Parameters<BatchBuilder['append']>[] = [
        [text('v'.repeat(length)), { key: text('k'), timeUs: CREATE_TIME_US + 1 }],
        [text('w'.repeat(2000))],
        [text(''), { headers: text('h') }],
      ]
      const { bytes, expected } = buildBeside(records)
      expect(bytes).toEqual(expected)
      expect(inspectProducedBatch(bytes, PREFIX_BYTES, bytes.length)).toBeUndefined()
    }
  })

  it('is handed over with a batch that fills it, and asked for anew', () => {
    const first = buildBeside([[new Uint8Array(3000).fill(1)]])
    const second = buildBeside([[new Uint8Array(3000).fill(2)]])
    expect(askedFor).toHaveLength(2)
    expect(askedFor[1]).toBe(askedFor[0])
    expect(second.bytes.buffer).not.toBe(first.bytes.buffer)
    expect(first.bytes).toEqual(first.expected)
  })

  it('is kept when a batch is short, which gets bytes of just its length', () => {
    const first = buildBeside([[text('a')]])
    buildBeside([[text('b')]])
    expect(askedFor).toHaveLength(1)
    expect(first.bytes.buffer.byteLength).toBe(first.bytes.length)
    expect(first.bytes).toEqual(first.expected)
  })

  it('is asked for with the first record, not before', () => {
    expect(askedFor).toEqual([])
    builder.append(new Uint8Array(0))
    expect(askedFor).toHaveLength(1)
  })

  it('is larger for a record that is larger', () => {
    const { bytes, expected } = buildBeside([[text('a')], [new Uint8Array(50_000).fill(3)]])
    expect(bytes).toEqual(expected)
  })
})

describe('room in front', () => {
  it('is made when there are many short records, once', () => {
    const records = Array.from({ length: 900 }, (): [Uint8Array] => [text('ab')])
    expect(buildBeside(records).bytes).toEqual(buildBeside(records).expected)
    const countBefore = askedFor.length
    buildBeside(records)
    // One for the batch; none because its columns did not fit.
    expect(askedFor.length - countBefore).toBeLessThanOrEqual(1)
  })

  it('holds any prefix', () => {
    builder.append(text('a'))
    const bytes = builder.build({ createTimeUs: 5, prefixBytes: 10_000 })
    expect(bytes.subarray(0, 10_000)).toEqual(new Uint8Array(10_000))
    expect(new BatchView(bytes, 10_000).value(0)).toEqual(text('a'))
  })
})

describe('a shared batch', () => {
  it('lies in memory that the next one uses again', () => {
    builder.append(new Uint8Array(3000).fill(1))
    const first = builder.buildShared({ createTimeUs: 5 })
    expect(new BatchView(first).value(0)).toEqual(new Uint8Array(3000).fill(1))
    builder.append(new Uint8Array(3000).fill(2))
    expect(builder.buildShared({ createTimeUs: 5 }).buffer).toBe(first.buffer)
    expect(askedFor).toHaveLength(1)
  })

  it('does not have the builder keep memory that only a large one needs', () => {
    builder.append(new Uint8Array(1_000_000).fill(1))
    const large = builder.buildShared({ createTimeUs: 5 })
    builder.append(text('a'))
    expect(builder.buildShared({ createTimeUs: 5 }).buffer.byteLength).toBeLessThan(10_000)
    expect(new BatchView(large).value(0)).toEqual(new Uint8Array(1_000_000).fill(1))
  })
})

describe('a range', () => {
  it('is copied whatever its length and place', () => {
    const source = Uint8Array.from({ length: 300 }, (_, at) => at % 251)
    const framed = source.subarray(1)
    const memory = new BatchMemory(16, staleBytes)
    const expected: number[] = []
    for (let length = 0; length < 70; length++) {
      memory.append(framed, length, 2 * length)
      expected.push(...framed.subarray(length, 2 * length))
    }
    const { bytes, start, size } = memory
    expect([...bytes.subarray(start, start + size)]).toEqual(expected)
  })

  it('is a record like any other', () => {
    const source = text('0123456789'.repeat(10))
    builder.appendRange(source, 3, 27)
    builder.appendRange(source, 3, 28)
    const bytes = builder.build({ createTimeUs: CREATE_TIME_US })
    expect(inspectProducedBatch(bytes, 0, bytes.length)).toBeUndefined()
    const values = readBack(new BatchView(bytes)).map(({ value }) => value)
    expect(values).toEqual([source.subarray(3, 27), source.subarray(3, 28)])
  })
})

describe('the short way', () => {
  const value = new Uint8Array(30).fill(7)
  const other = new Uint8Array(30).fill(8)
  let memory: BatchMemory

  const values = (): Uint8Array => memory.bytes.subarray(memory.start, memory.start + memory.size)
  const ends = (): number[] => {
    const column = new Uint8Array(4 * memory.count)
    memory.copyEndsTo(column, 0)
    const view = new DataView(column.buffer)
    return Array.from({ length: memory.count }, (_, at) => view.getUint32(4 * at, true))
  }

  beforeEach(() => {
    memory = new BatchMemory(100, staleBytes)
  })

  it('is closed before it is opened, and does nothing then', () => {
    expect(memory.appendShort(value, 0, 30)).toBe(false)
    memory.append(value, 0, 30)
    expect(memory.appendShort(other, 0, 30)).toBe(false)
    expect([memory.size, memory.count]).toEqual([30, 1])
  })

  it('takes what there is room for, whole values and parts, and leaves the rest to the long way', () => {
    memory.append(value, 0, 30)
    memory.openShortWay(1000, 16)
    expect(memory.appendShort(other, 0, 30)).toBe(true)
    expect(memory.appendShort(value, 2, 7)).toBe(true)
    expect(memory.appendShort(value, 30, 30)).toBe(true)
    // 65 of 100 bytes: 36 are too many, 35 are not.
    const long = new Uint8Array(40).fill(9)
    expect(memory.appendShort(long, 0, 36)).toBe(false)
    expect(memory.appendShort(long, 1, 36)).toBe(true)
    expect(ends()).toEqual([30, 60, 65, 65, 100])
    expect(
      Buffer.from(values()).equals(
        Buffer.concat([value, other, value.subarray(0, 5), long.subarray(0, 35)]),
      ),
    ).toBe(true)
  })

  it('ends with the column, which the long way makes longer', () => {
    memory.append(value, 0, 1)
    memory.openShortWay(1000, 16)
    let taken = 1
    while (memory.appendShort(value, 0, 0)) taken += 1
    expect(taken).toBe(16)
    memory.append(value, 0, 0)
    expect(memory.count).toBe(17)
    expect(ends()).toEqual(Array.from({ length: 17 }, () => 1))
  })

  it('is not opened where memory and column could come to more than is allowed', () => {
    memory.append(value, 0, 30)
    const bytesMax = memory.bytes.length + 16 * 16
    memory.openShortWay(bytesMax - 1, 16)
    expect(memory.appendShort(value, 0, 30)).toBe(false)
    memory.openShortWay(bytesMax, 16)
    expect(memory.appendShort(value, 0, 30)).toBe(true)
  })

  it('closes when it is told to, and when values are dropped, moved or let go', () => {
    const closings = [
      () => memory.closeShortWay(),
      () => memory.clear(),
      () => memory.release(),
      () => memory.reserve(1000, 0),
      () => memory.reserve(0, 1000),
    ]
    for (const close of closings) {
      memory = new BatchMemory(100, staleBytes)
      memory.append(value, 0, 30)
      memory.openShortWay(10_000, 16)
      close()
      expect(memory.appendShort(value, 0, 1), String(close)).toBe(false)
    }
  })
})
