/**
 * Whatever bytes come, a decoder returns a value or throws a TailraceError: never anything else, never
 * slowly. Two kinds of bytes: random ones, which end early, and frozen frames with a few bytes changed,
 * which get far.
 */

import { TailraceError } from '@tailrace/format'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { decodeFrame, frameName } from '../../src/index.js'
import { DECODERS, type BodyDecoder } from '../support/decoders.js'
import { goldenNames, readGolden } from '../support/hex.js'

const RUNS = 300
const FLIPS = [1, 2, 4, 8, 16, 32, 64, 128]
const LARGE_HEADS = [0x8f, 0x9f, 0xbf, 0xc6, 0xc9, 0xdb, 0xdd, 0xdf]
const decoders = Object.entries(DECODERS)
const frames = goldenNames().map(readGolden)

const body = fc.uint8Array({ maxLength: 200, size: 'max' })

/** Bytes that begin something in MessagePack, among random ones. */
const messagePack = fc
  .array(
    fc.oneof(
      fc.constantFrom(0x80, 0x81, 0x82, 0x90, 0x91, 0xa0, 0xa1, 0xa4, 0xc0, 0xc1, 0xc4, 0xc9),
      fc.constantFrom(0xcb, 0xcf, 0xd3, 0xd4, 0xd6, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0x72),
      fc.nat(255),
    ),
    { maxLength: 60, size: 'max' },
  )
  .map((bytes) => Uint8Array.from(bytes))

const mutated = fc
  .tuple(
    fc.constantFrom(...frames),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
    fc.nat(),
    fc.uint8Array({ maxLength: 8 }),
  )
  .map(([frame, changes, cut, tail]) => {
    const length = cut % 4 === 0 ? cut % (frame.byteLength + 1) : frame.byteLength
    const bytes = Uint8Array.from([...frame.subarray(0, length), ...(cut % 5 === 0 ? tail : [])])
    for (const [at, value] of changes) {
      if (bytes.byteLength > 0) bytes[at % bytes.byteLength] = value
    }
    return bytes
  })

/** Runs a decoder; a TailraceError is as good as a value. */
function survives(decode: BodyDecoder, bytes: Uint8Array): void {
  try {
    decode(bytes)
  } catch (error) {
    if (!TailraceError.is(error)) throw error
  }
}

function decodeWhole(bytes: Uint8Array): void {
  const frame = decodeFrame(bytes)
  const name = frameName(frame.type)
  if (name in DECODERS) DECODERS[name as keyof typeof DECODERS](frame.body)
}

describe('hostile bytes', () => {
  it.each(decoders)('%s: random bodies', (_, decode) => {
    fc.assert(
      fc.property(fc.oneof(body, messagePack), (bytes) => survives(decode, bytes)),
      { numRuns: RUNS },
    )
  })

  it.each(decoders)('%s: the frozen body of another frame', (_, decode) => {
    for (const frame of frames) survives(decode, frame.subarray(8))
  })

  it('random frames', () => {
    fc.assert(
      fc.property(fc.oneof(body, messagePack), (bytes) => survives(decodeWhole, bytes)),
      { numRuns: RUNS * 10 },
    )
  })

  it('frozen frames with changed, cut and added bytes', () => {
    fc.assert(
      fc.property(mutated, (bytes) => survives(decodeWhole, bytes)),
      { numRuns: RUNS * 40 },
    )
  })

  it('frozen frames with each bit flipped, and each byte the head of something large', () => {
    const started = performance.now()
    let decodedCount = 0
    for (const frame of frames) {
      const bytes = frame.slice()
      for (let at = 0; at < bytes.byteLength; at += 1) {
        const original = bytes[at] ?? 0
        for (const value of [...LARGE_HEADS, ...FLIPS.map((bit) => original ^ bit)]) {
          bytes[at] = value
          survives(decodeWhole, bytes)
          decodedCount += 1
        }
        bytes[at] = original
      }
    }
    // About a millisecond for each would be slow a hundredfold; one that hangs is caught as well.
    expect(performance.now() - started).toBeLessThan(decodedCount)
  })

  it('would notice a decoder that throws something else', () => {
    const broken: BodyDecoder = (bytes) => {
      if (bytes.byteLength > 100) throw new RangeError('not typed')
    }
    expect(() =>
      fc.assert(
        fc.property(body, (bytes) => survives(broken, bytes)),
        { numRuns: RUNS },
      ),
    ).toThrow(/^Property failed/)
  })
})
