/** CRC-32: known values and refusals; agreement is the property test's. */

import { describe, expect, it } from 'vitest'
import { crc32 as nodeCrc32, offerCrc32 } from '../../../src/crc32/crc32-node.js'
import {
  crc32 as tablesCrc32,
  offerCrc32 as offerToTables,
} from '../../../src/crc32/crc32-tables.js'
import { crc32 } from '../../../src/index.js'
import { crc32Reference } from '../../support/crc32-reference.js'
import { text } from '../../support/batches.js'

const implementations = [
  ['node', nodeCrc32],
  ['tables', tablesCrc32],
  ['reference', crc32Reference],
] as const

describe.each(implementations)('crc32 of %s', (_, checksum) => {
  it('has the check value of the standard', () => {
    expect(checksum(text('123456789'))).toBe(0xcbf43926)
  })

  it('is the seed for no bytes', () => {
    expect(checksum(new Uint8Array(0))).toBe(0)
  })

  it('is unsigned', () => {
    expect(checksum(new Uint8Array(32).fill(0xff))).toBe(0xff6cab0b)
  })
})

describe.each(implementations.slice(0, 2))('the range of crc32 of %s', (_, checksum) => {
  const bytes = new Uint8Array(1000)

  it('ends at the end of the bytes when not given', () => {
    expect(checksum(bytes, 900)).toBe(checksum(bytes, 900, 1000))
  })

  it.each([
    [-1, 10],
    [11, 10],
    [0, 1001],
    [0.5, 10],
    [0, Number.NaN],
    [-400, 500],
    [0, Infinity],
  ])('must lie in the bytes: [%s, %s)', (start, end) => {
    expect(() => checksum(bytes, start, end)).toThrow(RangeError)
  })

  it('may be empty at either end', () => {
    expect(checksum(bytes, 0, 0)).toBe(0)
    expect(checksum(bytes, 1000, 1000, 5)).toBe(5)
  })
})

describe('the exported crc32', () => {
  it('is the one of Node here', () => {
    expect(crc32).toBe(nodeCrc32)
  })
})

describe('a function that is offered', () => {
  const bytes = Uint8Array.from({ length: 5000 }, (_, at) => at % 253)
  const expected = crc32Reference(bytes.subarray(10, 4000))

  it('computes the checksums of long ranges once it has shown that it can', () => {
    const lengths: number[] = []
    const isTaken = offerCrc32((range, seed) => {
      lengths.push(range.length)
      return tablesCrc32(range, 0, range.length, seed)
    })
    expect(isTaken).toBe(true)
    lengths.length = 0
    expect(nodeCrc32(bytes, 10, 4000)).toBe(expected)
    expect(nodeCrc32(bytes, 10, 4000, 77)).toBe(tablesCrc32(bytes, 10, 4000, 77))
    expect(nodeCrc32(bytes, 10, 20)).toBe(crc32Reference(bytes.subarray(10, 20)))
    expect(lengths).toEqual([3990, 3990])
  })

  it.each([
    ['another checksum', (range: Uint8Array) => range.length],
    [
      'a signed one',
      (range: Uint8Array, seed: number) => tablesCrc32(range, 0, range.length, seed) | 0,
    ],
    ['one that forgets the seed', (range: Uint8Array) => tablesCrc32(range)],
  ])('is not used when it computes %s', (_, wrong) => {
    expect(offerCrc32(wrong)).toBe(false)
    expect(nodeCrc32(bytes, 10, 4000)).toBe(expected)
  })

  it('is not needed by the tables', () => {
    expect(offerToTables((range, seed) => tablesCrc32(range, 0, range.length, seed))).toBe(false)
  })
})
