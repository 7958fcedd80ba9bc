/** What property tests draw from. */

import fc from 'fast-check'
import { CREATE_TIME_US, type PlainRecord } from './batches.js'

const MINUTE_US = 60_000_000

export const safeInteger = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc.constantFrom(0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1),
)
export const u32 = fc.integer({ min: 0, max: 0xffff_ffff })

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 24 }),
  fc.uint8Array({ maxLength: 300 }),
  fc.constant(new Uint8Array(0)),
)
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const timeUs = fc.integer({
  min: CREATE_TIME_US - 17 * MINUTE_US,
  max: CREATE_TIME_US + 17 * MINUTE_US,
})

export const record: fc.Arbitrary<PlainRecord> = fc.record({
  value: bytes,
  key: maybe(bytes),
  headers: maybe(bytes),
  timeUs: maybe(timeUs),
})

/** Batches with all, some or none of the columns. */
export const records: fc.Arbitrary<PlainRecord[]> = fc.oneof(
  fc.array(record, { minLength: 1, maxLength: 40 }),
  fc.array(fc.record({ value: bytes }), { minLength: 1, maxLength: 200 }),
  fc.array(fc.record({ value: bytes, key: bytes }), { minLength: 1, maxLength: 40 }),
  // Some have one thing, some another, many nothing but a value.
  fc.array(
    fc.record({ value: bytes, key: bytes, headers: bytes, timeUs }, { requiredKeys: ['value'] }),
    { minLength: 1, maxLength: 40 },
  ),
)

export const producer = fc.record({
  producerId: safeInteger,
  producerEpoch: fc.integer({ min: 0, max: 0xffff }),
  baseSequence: u32,
})

export const logFields = fc.record({
  baseOffset: fc.nat({ max: 2 ** 52 }),
  appendTimeUs: safeInteger,
  epoch: u32,
})
