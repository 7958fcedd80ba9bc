/**
 * File names of a segment and its index: the base offset in 20 digits, so that names sort like
 * offsets and every u64 has room.
 *
 * ```
 *   00000000000001000000.log      batches from offset 1,000,000 on
 *   00000000000001000000.index    its sparse index
 * ```
 */

import { assert } from '../errors/assertion.js'

const DIGITS = 20
const SEGMENT_SUFFIX = '.log'
const INDEX_SUFFIX = '.index'
const SEGMENT_PATTERN = /^(\d{20})\.log$/
const INDEX_PATTERN = /^(\d{20})\.index$/

/**
 * The name of the segment file that begins at `baseOffset`.
 *
 * @throws {AssertionError} when `baseOffset` is not a safe integer ≥ 0
 */
export function segmentFileName(baseOffset: number): string {
  return digits(baseOffset) + SEGMENT_SUFFIX
}

/**
 * The name of the index file of the segment that begins at `baseOffset`.
 *
 * @throws {AssertionError} when `baseOffset` is not a safe integer ≥ 0
 */
export function indexFileName(baseOffset: number): string {
  return digits(baseOffset) + INDEX_SUFFIX
}

/** The base offset in a segment file's name, undefined for any other name. */
export function parseSegmentFileName(name: string): number | undefined {
  return parse(SEGMENT_PATTERN, name)
}

/** The base offset in an index file's name, undefined for any other name. */
export function parseIndexFileName(name: string): number | undefined {
  return parse(INDEX_PATTERN, name)
}

function digits(baseOffset: number): string {
  assert(Number.isSafeInteger(baseOffset) && baseOffset >= 0, 'a base offset is a safe integer ≥ 0')
  return String(baseOffset).padStart(DIGITS, '0')
}

function parse(pattern: RegExp, name: string): number | undefined {
  const baseOffset = Number(pattern.exec(name)?.[1])
  return Number.isSafeInteger(baseOffset) ? baseOffset : undefined
}
