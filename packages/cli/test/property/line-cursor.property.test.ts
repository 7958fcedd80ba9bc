/** Any bytes, cut into any chunks, become the same lines. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { LineCursor } from '../../src/publish/line-cursor.js'
import { type RecordCursor } from '../../src/publish/record-cursor.js'
import { WholeCursor } from '../../src/publish/whole-cursor.js'

const NEWLINE = 0x0a

/** Bytes among which newlines are not rare. */
const bytes = fc.array(fc.oneof(fc.constant(NEWLINE), fc.integer({ min: 0, max: 255 })), {
  maxLength: 200,
})
const chunks = fc.array(bytes, { maxLength: 8 })

/** All records of the chunks, which share one buffer as those of a file do. */
function recordsOf(cursor: RecordCursor, input: readonly (readonly number[])[]): number[][] {
  const records: number[][] = []
  const take = () => records.push([...cursor.bytes.subarray(cursor.start, cursor.end)])
  const buffer = new Uint8Array(Math.max(1, ...input.map((chunk) => chunk.length)))
  for (const chunk of input) {
    buffer.fill(0xee)
    buffer.set(chunk)
    cursor.push(buffer.subarray(0, chunk.length))
    while (cursor.next()) take()
  }
  if (cursor.finish()) take()
  return records
}

/** What lines are, put simply. */
function linesOf(input: readonly number[]): number[][] {
  const lines: number[][] = [[]]
  for (const byte of input) {
    if (byte === NEWLINE) lines.push([])
    else lines.at(-1)?.push(byte)
  }
  if (lines.at(-1)?.length === 0) lines.pop()
  return lines
}

describe('the cursor of lines', () => {
  it('finds the lines of any bytes in any chunks', () => {
    fc.assert(
      fc.property(chunks, (input) => {
        expect(recordsOf(new LineCursor(), input)).toEqual(linesOf(input.flat()))
      }),
    )
  })
})

describe('the cursor of everything', () => {
  it('finds one record, whatever there is', () => {
    fc.assert(
      fc.property(chunks, (input) => {
        expect(recordsOf(new WholeCursor(), input)).toEqual([input.flat()])
      }),
    )
  })
})
