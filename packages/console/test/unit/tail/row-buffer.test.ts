import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { RowBuffer, type Row, type RowBufferLimits } from '../../../src/tail/row-buffer.js'
import { fakeBatch } from './fake-batch.js'

const AMPLE: RowBufferLimits = { rowsMax: 1000, bytesMax: 1e9 }

describe('RowBuffer', () => {
  it('numbers rows in the order in which they came', () => {
    const buffer = new RowBuffer(AMPLE)
    buffer.appendRecords(fakeBatch(100, 3), 1, 3)
    buffer.appendNotice({ kind: 'missing', from: 103, to: 110, reason: 'retention' })
    buffer.appendRecords(fakeBatch(110, 2), 0, 2)
    expect([buffer.startRow, buffer.endRow, buffer.rowCount]).toEqual([0, 5, 5])
    expect(offsets(buffer)).toEqual([101, 102, 'notice', 110, 111])
    expect(buffer.row(5)).toBeUndefined()
    expect(buffer.row(-1)).toBeUndefined()
    expect(buffer.row(Number.NaN)).toBeUndefined()
  })

  it('lets the oldest go, in the middle of a batch too, and the others keep their numbers', () => {
    const buffer = new RowBuffer({ ...AMPLE, rowsMax: 4 })
    buffer.appendRecords(fakeBatch(0, 3), 0, 3)
    buffer.appendRecords(fakeBatch(3, 3), 0, 3)
    expect(buffer.startRow).toBe(2)
    expect(offsets(buffer)).toEqual([2, 3, 4, 5])
    expect(buffer.row(1)).toBeUndefined()
    expect(offsetOf(buffer.row(4))).toBe(4)
  })

  it('keeps the end of a batch that is larger than all of it', () => {
    const buffer = new RowBuffer({ ...AMPLE, rowsMax: 4 })
    buffer.appendRecords(fakeBatch(0, 100), 0, 100)
    expect(offsets(buffer)).toEqual([96, 97, 98, 99])
    expect(buffer.startRow).toBe(96)
  })

  it('lets whole batches go when their bytes are too many, but never the newest', () => {
    const buffer = new RowBuffer({ ...AMPLE, bytesMax: 250 })
    buffer.appendRecords(fakeBatch(0, 2, { sizeBytes: 100 }), 0, 2)
    buffer.appendRecords(fakeBatch(2, 2, { sizeBytes: 100 }), 0, 2)
    expect(offsets(buffer)).toEqual([0, 1, 2, 3])
    buffer.appendRecords(fakeBatch(4, 2, { sizeBytes: 100 }), 0, 2)
    expect(offsets(buffer)).toEqual([2, 3, 4, 5])
    buffer.appendRecords(fakeBatch(6, 2, { sizeBytes: 1000 }), 0, 2)
    expect(offsets(buffer)).toEqual([6, 7])
  })

  it('counts a batch that came in parts once', () => {
    const buffer = new RowBuffer({ ...AMPLE, bytesMax: 250 })
    const batch = fakeBatch(0, 10, { sizeBytes: 200 })
    for (let index = 0; index < 10; index++) buffer.appendRecords(batch, index, index + 1)
    expect(offsets(buffer)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('finds a record by its offset', () => {
    const buffer = new RowBuffer({ ...AMPLE, rowsMax: 6 })
    buffer.appendRecords(fakeBatch(0, 4), 0, 4)
    buffer.appendNotice({ kind: 'message', text: 'x' })
    buffer.appendRecords(fakeBatch(10, 4), 1, 4)
    expect(buffer.findOffset(12)?.number).toBe(6)
    expect(buffer.findOffset(3)?.number).toBe(3)
    for (const gone of [0, 1, 5, 10, 14]) expect(buffer.findOffset(gone)).toBeUndefined()
  })

  it('finds records in a batch from which some were removed', () => {
    const buffer = new RowBuffer(AMPLE)
    buffer.appendRecords(fakeBatch(0, 4, { step: 3 }), 0, 4)
    expect(buffer.findOffset(6)?.number).toBe(2)
    expect(buffer.findOffset(7)).toBeUndefined()
  })

  it('refuses an empty run, which would be a mistake of ours', () => {
    expect(() => new RowBuffer(AMPLE).appendRecords(fakeBatch(0, 2), 1, 1)).toThrow(RangeError)
  })

  it('is the tail of a plain array, whatever was appended', () => {
    const steps = fc.array(
      fc.record({ count: fc.integer({ min: 0, max: 40 }), skipped: fc.nat(5) }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 100 }), (appends, rowsMax) => {
        const buffer = new RowBuffer({ ...AMPLE, rowsMax })
        const model: (number | 'notice')[] = []
        let offset = 0
        for (const { count, skipped } of appends) {
          if (count === 0) {
            buffer.appendNotice({ kind: 'message', text: 'x' })
            model.push('notice')
          } else {
            const firstIndex = Math.min(skipped, count - 1)
            buffer.appendRecords(fakeBatch(offset, count), firstIndex, count)
            for (let index = firstIndex; index < count; index++) model.push(offset + index)
            offset += count
          }
          expect(buffer.endRow).toBe(model.length)
          expect(offsets(buffer)).toEqual(model.slice(-rowsMax))
        }
        model.forEach((expected, number) => {
          const row = buffer.row(number)
          expect(row === undefined).toBe(number < model.length - rowsMax)
          if (row !== undefined) expect(offsetOf(row)).toBe(expected)
        })
      }),
    )
  })

  it('does not keep what has left', () => {
    const buffer = new RowBuffer({ ...AMPLE, rowsMax: 10 })
    for (let offset = 0; offset < 5000; offset++) buffer.appendRecords(fakeBatch(offset, 1), 0, 1)
    expect(offsets(buffer)).toEqual([4990, 4991, 4992, 4993, 4994, 4995, 4996, 4997, 4998, 4999])
  })
})

function offsets(buffer: RowBuffer): (number | 'notice')[] {
  const found: (number | 'notice')[] = []
  for (let number = buffer.startRow; number < buffer.endRow; number++) {
    found.push(offsetOf(buffer.row(number)))
  }
  return found
}

function offsetOf(row: Row | undefined): number | 'notice' {
  if (row === undefined) throw new Error('no row')
  return row.kind === 'notice' ? 'notice' : row.batch.offset(row.index)
}
