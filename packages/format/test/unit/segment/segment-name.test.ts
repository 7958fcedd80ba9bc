/** File names of segments and indexes. */

import { describe, expect, it } from 'vitest'
import {
  AssertionError,
  indexFileName,
  parseIndexFileName,
  parseSegmentFileName,
  segmentFileName,
} from '../../../src/index.js'

describe('a segment’s file name', () => {
  it.each([
    [0, '00000000000000000000'],
    [1_000_000, '00000000000001000000'],
    [Number.MAX_SAFE_INTEGER, '00009007199254740991'],
  ])('has the base offset %i in twenty digits', (baseOffset, digits) => {
    expect(segmentFileName(baseOffset)).toBe(`${digits}.log`)
    expect(indexFileName(baseOffset)).toBe(`${digits}.index`)
    expect(parseSegmentFileName(`${digits}.log`)).toBe(baseOffset)
    expect(parseIndexFileName(`${digits}.index`)).toBe(baseOffset)
  })

  it('sorts like the offset', () => {
    const offsets = [0, 9, 10, 99, 2 ** 32, 2 ** 52]
    const names = offsets.map((offset) => segmentFileName(offset))
    expect(names.toSorted()).toEqual(names)
  })

  it.each([-1, 0.5, 2 ** 53, Number.NaN])('cannot be made of %s', (baseOffset) => {
    expect(() => segmentFileName(baseOffset)).toThrow(AssertionError)
    expect(() => indexFileName(baseOffset)).toThrow(AssertionError)
  })

  it.each([
    '',
    '.log',
    '0.log',
    '00000000000000000000',
    '00000000000000000000.index',
    '00000000000000000000.LOG',
    '00000000000000000000.log.broken',
    '000000000000000000000.log',
    ' 0000000000000000000.log',
    '00009007199254740992.log',
    '99999999999999999999.log',
    '00000000000000000000.log\n',
  ])('is not %j', (name) => {
    expect(parseSegmentFileName(name)).toBeUndefined()
  })
})
