/** Any part of any batch becomes the lines that a simple writer would write. */

import { BatchBuilder, BatchView } from '@tailrace/format'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { OutputBuffer } from '../../src/deliver/output-buffer.js'
import { ValueWriter, type ValueWriterOptions } from '../../src/deliver/value-writer.js'

const value = fc.uint8Array({ maxLength: 80 })
const record = fc.record({ value, key: fc.option(fc.uint8Array({ maxLength: 9 })) })
const slice = fc.record({
  records: fc.array(record, { minLength: 1, maxLength: 30 }),
  cut: fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 30 })),
  /** Bytes in front of the batch, so that it lies at any address. */
  position: fc.nat({ max: 9 }),
})

interface Slice {
  readonly view: BatchView
  readonly firstIndex: number
  readonly endIndex: number
}

function sliceOf({ records, cut, position }: SliceSpec): Slice {
  const builder = new BatchBuilder()
  for (const { value: bytes, key } of records) builder.append(bytes, key === null ? {} : { key })
  const batch = builder.build({ createTimeUs: 1 })
  const bytes = new Uint8Array(position + batch.length)
  bytes.set(batch, position)
  const [a, b] = cut.map((index) => Math.min(index, records.length))
  const firstIndex = Math.min(a ?? 0, b ?? 0)
  return { view: new BatchView(bytes, position), firstIndex, endIndex: Math.max(a ?? 0, b ?? 0) }
}

type SliceSpec = typeof slice extends fc.Arbitrary<infer T> ? T : never

function expectedOf(slices: readonly Slice[], options: ValueWriterOptions): Buffer {
  const lines = slices.flatMap(({ view, firstIndex, endIndex }) =>
    Array.from({ length: endIndex - firstIndex }, (_, i) => {
      const offset = options.hasOffsets ? `${view.offset(firstIndex + i)}\t` : ''
      return Buffer.concat([Buffer.from(offset), view.value(firstIndex + i)])
    }),
  )
  const parts = lines.flatMap((line) => [line, Buffer.from('\n')])
  return Buffer.concat(options.hasFinalNewline ? parts : parts.slice(0, -1))
}

describe('the writer of values', () => {
  it('writes values, offsets and newlines as asked, whatever the values are', () => {
    const options = fc.record({ hasOffsets: fc.boolean(), hasFinalNewline: fc.boolean() })
    fc.assert(
      fc.property(fc.array(slice, { maxLength: 4 }), options, (specs, wanted) => {
        const slices = specs.map(sliceOf)
        const writer = new ValueWriter(wanted)
        const buffer = new OutputBuffer(16)
        for (const one of slices) writer.write(one, buffer)
        expect(Buffer.from(buffer.view()).equals(expectedOf(slices, wanted))).toBe(true)
      }),
    )
  })
})
