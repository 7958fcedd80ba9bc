/**
 * The tests that every control command passes: round trip, frozen frame, truncation at every byte,
 * refusals that name the field, and the rules for unknown fields and nil.
 */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  decodeFrame,
  encodeControlFrame,
  encodeFrame,
  FRAME_PREFIX_BYTES,
  frameName,
  type ControlFrameType,
  type ControlMessages,
  type FrameFields,
} from '../../src/index.js'
import { encodeControl } from '../../src/messagepack/control-codec.js'
import { errorOf } from './errors.js'
import { readGolden } from './hex.js'

/** What differs from one command to the next. */
export interface ControlCommandCase<T extends ControlFrameType> {
  readonly type: T
  readonly decode: (body: Uint8Array) => unknown
  /** Any message of this command. */
  readonly arbitrary: fc.Arbitrary<ControlMessages[T]>
  /** The frozen frame `golden/v1/<name>.hex` holds these. */
  readonly golden: { readonly fields: FrameFields; readonly message: ControlMessages[T] }
  /** What decoding gives, where that is more than what was encoded. */
  readonly decoded?: (message: ControlMessages[T]) => unknown
  /** Bodies that are refused, and the whole message of the refusal. */
  readonly refused: readonly (readonly [body: object, message: string])[]
  /** Fields that may be absent: nil must mean the same. */
  readonly optional?: readonly string[]
}

/** Declares the tests of one control command. */
export function describeControlCommand<T extends ControlFrameType>(
  command: ControlCommandCase<T>,
): void {
  const { type, decode, arbitrary, golden, refused, optional = [] } = command
  const decoded = command.decoded ?? ((message: ControlMessages[T]): unknown => message)
  const name = frameName(type)

  describe(name, () => {
    it('decodes what it encodes', () => {
      fc.assert(
        fc.property(
          arbitrary,
          fc.nat(0xffff),
          fc.nat(0xffff_ffff),
          (message, channel, argument) => {
            const frame = decodeFrame(encodeControlFrame(type, { channel, argument }, message))
            expect({ ...frame, body: undefined }).toEqual({ type, flags: 0, channel, argument })
            expect(decode(frame.body)).toStrictEqual(decoded(message))
          },
        ),
      )
    })

    it('matches its frozen frame', () => {
      const frozen = readGolden(goldenNameOf(name))
      expect(encodeControlFrame(type, golden.fields, golden.message)).toEqual(frozen)
      const frame = decodeFrame(frozen)
      expect(frame).toMatchObject({ type, ...golden.fields })
      expect(decode(frame.body)).toStrictEqual(decoded(golden.message))
    })

    it('is a typed error when truncated at any byte', () => {
      const body = readGolden(goldenNameOf(name)).subarray(FRAME_PREFIX_BYTES)
      for (let length = 0; length < body.byteLength; length += 1) {
        const error = errorOf(() => decode(body.subarray(0, length)))
        expect(error.code).toBe('MALFORMED_FRAME')
        expect(error.message).toContain(`(${name})`)
      }
    })

    it('is a typed error with a byte too many', () => {
      const body = [...readGolden(goldenNameOf(name)).subarray(FRAME_PREFIX_BYTES), 0xc0]
      expect(errorOf(() => decode(Uint8Array.from(body))).message).toMatch(/1 bytes after its end/)
    })

    it.each([
      ['nil', null],
      ['an array', [1]],
      ['a number', 7],
      ['a string', 'map'],
    ])('refuses a body that is %s', (_, body) => {
      const inner = encodeControl([body], 0).subarray(1)
      const error = errorOf(() => decode(inner))
      expect(error.message).toBe(`body is not a map (${name})`)
    })

    it.each(refused.map(([body, message]) => ({ body, message })))('refuses: $message', (row) => {
      const { body, message } = row
      const error = errorOf(() => decode(encodeControl(body, 0)))
      expect({ code: error.code, message: error.message }).toEqual({
        code: 'MALFORMED_FRAME',
        message,
      })
    })

    it('ignores fields it does not know', () => {
      const body = encodeControl({ ...golden.message, laterField: { any: ['thing'] } }, 0)
      expect(decode(body)).toStrictEqual(decoded(golden.message))
    })

    it('takes nil in an optional field for absent', () => {
      const nils = Object.fromEntries(optional.map((field) => [field, null]))
      const absent = Object.fromEntries(optional.map((field) => [field, undefined]))
      const bodyOf = (fields: object) => encodeControl({ ...golden.message, ...fields }, 0)
      expect(decode(bodyOf(nils))).toStrictEqual(decode(bodyOf(absent)))
    })

    it('takes a body at any address', () => {
      const body = encodeControl(golden.message, 0)
      const shifted = encodeFrame(type, {}, body).subarray(FRAME_PREFIX_BYTES)
      expect(decode(shifted)).toStrictEqual(decode(body))
    })
  })
}

/** `OPEN_PRODUCER` is in `open-producer.hex`. */
export function goldenNameOf(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}
