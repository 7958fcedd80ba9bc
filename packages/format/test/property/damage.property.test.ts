/**
 * Damaged and arbitrary bytes: a typed defect or a valid batch, nothing else.
 *
 * Each input lies in the middle of a larger buffer, once with 0x00 and once with 0xFF around it: a
 * result that depended on bytes outside the range would differ.
 */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BATCH_LENGTH_AT,
  BatchView,
  type BatchDefect,
  FormatError,
  batches,
  checkBatch,
  decodeIndex,
  decodeIndexHeader,
  decodeSegmentHeader,
  inspectBatch,
  inspectProducedBatch,
  readHeaderWord,
  readRecoveryPoint,
  restampProducer,
} from '../../src/index.js'
import { records } from '../support/arbitraries.js'
import { embed, fullBatch, produce, readBack, stamp, viewOf } from '../support/batches.js'

const DEPTHS = ['structure', 'header', 'whole'] as const

/** Runs `read` on the same bytes amid different poison and returns what both runs gave. */
function outcome<T>(bytes: Uint8Array, read: (bytes: Uint8Array) => T): T | FormatError {
  const [first, second] = [0x00, 0xff].map((poison) => attempt(() => read(embed(bytes, poison))))
  expect(second).toEqual(first)
  return first as T | FormatError
}

function attempt<T>(read: () => T): T | FormatError {
  try {
    return read()
  } catch (error) {
    if (error instanceof FormatError) return error
    throw error
  }
}

function inspectAll(bytes: Uint8Array): (BatchDefect | undefined)[] {
  return [
    ...DEPTHS.map((depth) => inspectBatch(bytes, 0, bytes.length, depth)),
    inspectProducedBatch(bytes, 0, bytes.length),
  ]
}

/** Bytes that get past the first checks more often than noise does. */
const mangledBatch = fc
  .tuple(
    records,
    fc.array(fc.tuple(fc.nat({ max: 300 }), fc.nat({ max: 255 })), { maxLength: 6 }),
    fc.option(fc.nat({ max: 600 }), { nil: undefined }),
  )
  .map(([input, changes, length]) => {
    const bytes = stamp(produce(input))
    for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
    return length === undefined ? bytes : bytes.subarray(0, length)
  })
const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 400 }), mangledBatch)

describe('inspection of arbitrary bytes', () => {
  it('never throws and never looks outside', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        outcome(bytes, inspectAll)
      }),
      { numRuns: 500 },
    )
  })

  it('keeps within position and limit, whatever they are', () => {
    const place = fc.oneof(
      fc.integer({ min: -20, max: 500 }),
      fc.constantFrom(Number.NaN, Infinity, -Infinity, 0.5, 2 ** 53, -0),
    )
    fc.assert(
      fc.property(anyBytes, place, place, (bytes, position, limit) => {
        for (const depth of DEPTHS) {
          const full = inspectBatch(bytes, position, limit, depth)
          const end = Math.min(Math.max(limit, 0) || 0, bytes.length)
          // The same bytes, but nothing behind the limit: nothing may change.
          expect(inspectBatch(bytes.slice(0, end), position, limit, depth)).toEqual(full)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('finds valid only what a view then reads without complaint', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        if (inspectBatch(bytes, 0, bytes.length, 'structure') !== undefined) return
        expect(() => readBack(new BatchView(bytes))).not.toThrow()
      }),
      { numRuns: 500 },
    )
  })
})

describe('decoders of arbitrary bytes', () => {
  const decoders: [string, (bytes: Uint8Array) => unknown][] = [
    ['BatchView', (bytes) => readBack(new BatchView(bytes))],
    ['batches', (bytes) => Array.from(batches(bytes), (batch) => readBack(batch))],
    ['checkBatch', (bytes) => checkBatch(bytes, 0, bytes.length, 'whole')],
    ['readHeaderWord', (bytes) => readHeaderWord(bytes)],
    [
      'restampProducer',
      (bytes) => restampProducer(bytes, { producerId: 1, producerEpoch: 1, baseSequence: 1 }),
    ],
    ['decodeSegmentHeader', decodeSegmentHeader],
    ['readRecoveryPoint', readRecoveryPoint],
    ['decodeIndex', (bytes) => decodeIndex(bytes).entries.bytes().slice()],
    ['decodeIndexHeader', decodeIndexHeader],
  ]
  it.each(decoders)('%s gives a value or a FormatError', (_, decode) => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        outcome(bytes, decode)
      }),
      { numRuns: 300 },
    )
  })
})

describe('a stored batch', () => {
  const batch = fullBatch()

  it('is a defect when cut at any byte', () => {
    for (let length = 0; length < batch.length; length++) {
      const cut = batch.subarray(0, length)
      for (const defect of outcome(cut, inspectAll) as (BatchDefect | undefined)[]) {
        expect(defect, `cut at ${length}`).toMatchObject({
          code: 'TRUNCATED',
          details: {
            positionBytes: 0,
            availableBytes: length,
            neededBytes: length < 72 ? 72 : batch.length,
          },
        })
      }
      expect(() => new BatchView(cut)).toThrow(FormatError)
    }
  })

  it('is a defect when the limit is any byte before its end', () => {
    for (let limit = 0; limit < batch.length; limit++) {
      for (const depth of DEPTHS) {
        expect(inspectBatch(batch, 0, limit, depth)?.code).toBe('TRUNCATED')
      }
    }
  })

  it('is a defect with any one bit flipped', () => {
    for (let bit = 0; bit < batch.length * 8; bit++) {
      const damaged = batch.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(inspectBatch(damaged, 0, damaged.length, 'whole'), `bit ${bit}`).toBeDefined()
    }
  })

  it('is a defect of its header with any one bit of the header flipped', () => {
    for (let bit = 0; bit < 72 * 8; bit++) {
      const damaged = batch.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(inspectBatch(damaged, 0, damaged.length, 'header'), `bit ${bit}`).toBeDefined()
    }
  })

  it('is a defect with any two bytes exchanged for random ones', () => {
    const change = fc.record({
      at: fc.nat({ max: batch.length - 1 }),
      byte: fc.nat({ max: 255 }),
    })
    fc.assert(
      fc.property(change, change, (first, second) => {
        const damaged = batch.slice()
        damaged[first.at] = first.byte
        damaged[second.at] = second.byte
        const isSame = damaged.every((value, i) => value === batch[i])
        expect(inspectBatch(damaged, 0, damaged.length, 'whole') === undefined).toBe(isSame)
      }),
      { numRuns: 1000 },
    )
  })

  it('is not there while its commit word is zero', () => {
    const uncommitted = batch.slice()
    viewOf(uncommitted).setUint32(BATCH_LENGTH_AT, 0, true)
    for (const depth of DEPTHS) {
      expect(inspectBatch(uncommitted, 0, uncommitted.length, depth)).toMatchObject({
        code: 'INVALID_FIELD',
        details: { field: 'batchLength' },
      })
    }
  })
})

describe('a produced batch', () => {
  it('is a defect with any one bit of what the producer wrote flipped', () => {
    const batch = produce([{ value: new Uint8Array([1, 2, 3]), key: new Uint8Array([4]) }])
    for (let bit = 0; bit < batch.length * 8; bit++) {
      const damaged = batch.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const isLogField = bit >= 8 * 8 && bit < 32 * 8
      expect(inspectProducedBatch(damaged, 0, damaged.length) === undefined, `bit ${bit}`).toBe(
        isLogField,
      )
    }
  })
})
