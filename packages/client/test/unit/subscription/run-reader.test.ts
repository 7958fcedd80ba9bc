import { BODY_CHECK_AT } from '@tailrace/format'
import { beforeEach, describe, expect, test } from 'vitest'

import { measureRun, RunReader } from '../../../src/subscription/run-reader.js'
import { filledLog, joined } from '../../support/batches.js'
import { FakeLog } from '../../support/fake-log.js'

/** Batches of offsets 0–4, 5–9 and 10–14. */
let parts: Uint8Array[]
let reader: RunReader

beforeEach(() => {
  parts = filledLog(new FakeLog('orders'), [5, 5, 5]).batches.map(({ bytes }) => bytes)
  reader = new RunReader('orders')
  reader.startAt(0)
})

/** First and last offset of what the next batch delivers. */
function next(): [number, number] {
  const { view, firstIndex, endIndex } = reader.next()
  return [view.offset(firstIndex), view.offset(endIndex - 1)]
}

test('reads batch after batch, over the ends of runs', () => {
  reader.load(joined(parts.slice(0, 2)))
  expect(next()).toEqual([0, 4])
  expect(reader.isAtEnd).toBe(false)
  expect(next()).toEqual([5, 9])
  expect(reader.isAtEnd).toBe(true)
  reader.load(joined(parts.slice(2)))
  expect(next()).toEqual([10, 14])
  expect(reader.nextOffset).toBe(15)
})

test('skips what lies before the start', () => {
  reader.startAt(7)
  reader.load(joined(parts.slice(1)))
  expect(next()).toEqual([7, 9])
  expect(next()).toEqual([10, 14])
})

test('cuts off what lies at and behind the stop', () => {
  reader.stopAt(12)
  reader.load(joined(parts))
  next()
  next()
  expect(reader.isAtStop).toBe(false)
  expect(next()).toEqual([10, 11])
  expect(reader.isAtStop).toBe(true)
  expect(reader.nextOffset).toBe(12)
})

test('delivers part of one batch that holds start and stop', () => {
  reader.startAt(6)
  reader.stopAt(8)
  reader.load(joined(parts.slice(1)))
  expect(next()).toEqual([6, 7])
})

describe('what does not continue', () => {
  const outOfOrder = expect.objectContaining({ code: 'MALFORMED_FRAME' }) as Error

  test('is refused when records are missing', () => {
    reader.load(joined([parts[0] ?? new Uint8Array(0), parts[2] ?? new Uint8Array(0)]))
    next()
    expect(() => reader.next()).toThrow(outOfOrder)
    expect(() => reader.next()).toThrow(
      'a batch from 10 to 15 was delivered, offset 5 was due (stream "orders")',
    )
  })

  test('is refused when records come again', () => {
    reader.load(joined([...parts.slice(0, 2), ...parts.slice(1)]))
    next()
    next()
    expect(() => reader.next()).toThrow(outOfOrder)
  })

  test('is refused at the start too, when it ends before or begins behind it', () => {
    reader.startAt(7)
    reader.load(joined(parts))
    expect(() => reader.next()).toThrow(outOfOrder)
    reader.load(joined(parts.slice(2)))
    expect(() => reader.next()).toThrow(outOfOrder)
  })

  test('may be a gap that says so', () => {
    reader.load(joined(parts.slice(0, 1)))
    next()
    expect(reader.skip({ from: 5, to: 11, reason: 'damage' })).toEqual({
      from: 5,
      to: 11,
      reason: 'damage',
    })
    reader.load(joined(parts.slice(2)))
    expect(next()).toEqual([11, 14])
  })

  test('is a gap that leaves records out, or goes back', () => {
    reader.startAt(5)
    expect(() => reader.skip({ from: 6, to: 9, reason: 'retention' })).toThrow(outOfOrder)
    expect(() => reader.skip({ from: 0, to: 5, reason: 'retention' })).toThrow(outOfOrder)
    expect(reader.skip({ from: 3, to: 9, reason: 'retention' }).from).toBe(5)
  })
})

describe('damage', () => {
  test('of any bit is found before anything of the batch is handed out', () => {
    const [whole] = parts
    if (whole === undefined) throw new Error('no batch')
    for (let bit = 0; bit < whole.byteLength * 8; bit += 1) {
      const damaged = whole.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      reader.load(damaged)
      expect(() => reader.next(), `bit ${bit}`).toThrow(
        expect.objectContaining({ name: 'FormatError' }),
      )
      expect(reader.nextOffset).toBe(0)
    }
  })

  test('by truncation at any byte is found', () => {
    const [whole] = parts
    if (whole === undefined) throw new Error('no batch')
    for (let length = 1; length < whole.byteLength; length += 1) {
      reader.load(whole.subarray(0, length))
      expect(() => reader.next(), `${length} bytes`).toThrow(
        expect.objectContaining({ name: 'FormatError' }),
      )
    }
  })

  test('names stream and offset, and spares the batches before it', () => {
    const run = joined(parts)
    const second = (parts[0]?.byteLength ?? 0) + BODY_CHECK_AT
    run[second] = (run[second] ?? 0) ^ 1
    reader.load(run)
    expect(next()).toEqual([0, 4])
    expect(() => reader.next()).toThrow(
      expect.objectContaining({
        code: 'CHECKSUM_MISMATCH',
        details: expect.objectContaining({ stream: 'orders', offset: 5 }) as unknown,
        message: expect.stringContaining(
          '(stream "orders", record at offset 5 was due)',
        ) as unknown,
      }),
    )
  })
})

describe('what is left of a run', () => {
  test('is kept as far as its headers are whole', () => {
    const run = joined(parts)
    run[(parts[0]?.byteLength ?? 0) + (parts[1]?.byteLength ?? 0) + 9] = 0xff
    reader.load(run)
    next()
    expect(reader.keepWhole()).toBe(10)
    expect(next()).toEqual([5, 9])
    expect(reader.isAtEnd).toBe(true)
  })

  test('ends where it began when there is nothing', () => {
    reader.startAt(3)
    expect(reader.keepWhole()).toBe(3)
    expect(measureRun(new Uint8Array(0), 8)).toEqual({ offset: 8, wholeBytes: 0 })
    expect(measureRun(joined(parts), 0)).toEqual({
      offset: 15,
      wholeBytes: joined(parts).byteLength,
    })
  })
})
