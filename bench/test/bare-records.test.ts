/** The bare pair's records: a limit that loses some, or writes them wrongly, would be no limit. */
import { describe, expect, it } from 'vitest'
import { RecordFile } from '../actors/record-file.js'
import { BareFrame, LENGTH_BYTES, countValues } from '../clients/bare-frames.js'
import { RecordTemplate, numberAt } from '../clients/record.js'

const SIZE_BYTES = 20
const CAPACITY_BYTES = 3 * (LENGTH_BYTES + SIZE_BYTES)

function frameOf(numbers: readonly number[]): BareFrame {
  const frame = new BareFrame(CAPACITY_BYTES)
  const record = new RecordTemplate(SIZE_BYTES)
  for (const number of numbers) frame.append(record.numbered(number))
  return frame
}

describe('a frame of the bare pair', () => {
  it('has room for values up to its capacity and not for a byte more', () => {
    const frame = frameOf([7, 8])
    expect(frame.hasRoomFor(SIZE_BYTES)).toBe(true)
    expect(frame.hasRoomFor(SIZE_BYTES + 1)).toBe(false)
  })

  it('holds copies of its values, each behind its length', () => {
    const { bytes } = frameOf([7, 8])
    expect(countValues(bytes)).toBe(2)
    expect(numberAt(bytes, LENGTH_BYTES)).toBe(7)
    expect(numberAt(bytes, LENGTH_BYTES + SIZE_BYTES + LENGTH_BYTES)).toBe(8)
  })

  it('is empty again when it was cleared', () => {
    const frame = frameOf([7])
    frame.clear()
    expect(frame.isEmpty).toBe(true)
    expect(countValues(frame.bytes)).toBe(0)
  })

  it('is refused when it ends within a length', () => {
    expect(() => countValues(frameOf([7]).bytes.subarray(0, LENGTH_BYTES - 1))).toThrow(RangeError)
  })
})

describe('a file of frames', () => {
  const record = new RecordTemplate(SIZE_BYTES)
  const numbered = (number: number): Uint8Array => record.numbered(number)

  async function check(frames: readonly BareFrame[], count: number): Promise<void> {
    const file = await RecordFile.prepare(2 * CAPACITY_BYTES)
    try {
      for (const frame of frames) file.write(frame.bytes)
      file.check(count, numbered)
    } finally {
      await file.remove()
    }
  }

  it('passes with just the records that were written', async () => {
    await check([frameOf([0, 1, 2]), frameOf([3])], 4)
  })

  it.each([
    ['lost', [[0, 1], [3]], 3],
    ['out of order', [[0, 2, 1]], 3],
    ['missing at the end', [[0, 1]], 3],
    ['there beyond the last', [[0, 1, 2], [3]], 3],
  ])('fails with a record that is %s', async (_what, frames, count) => {
    await expect(check(frames.map(frameOf), count)).rejects.toThrow(/not there|bytes written/)
  })
})
