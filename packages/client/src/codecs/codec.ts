/**
 * How an application's values become the bytes of records, and back.
 *
 * A codec has two obligatory functions. The two optional ones exist for speed: they let a codec that
 * writes many values into one buffer, or reads them out of one, work without an object per value.
 */

/** Where an encoded value lies: `bytes` from `start` to `end` (exclusive). Reused from call to call. */
export interface EncodedRange {
  bytes: Uint8Array
  start: number
  end: number
}

/** Translates between values and bytes. Codecs keep no state that one value leaves for the next. */
export interface Codec<T> {
  /** For messages: `record at offset 7 cannot be decoded as json`. */
  readonly name: string
  /** Encodes a value. Throws for a value it cannot encode; nothing is sent then. */
  encode(value: T): Uint8Array
  /** Decodes a value. May return views of `bytes`, which never change. Throws if it cannot decode. */
  decode(bytes: Uint8Array): T
  /**
   * As `encode`, but says in `target` where the bytes lie. They are copied before the next call, so
   * one buffer can serve for every value.
   */
  encodeInto?(value: T, target: EncodedRange): void
  /** As `decode` of `bytes.subarray(start, end)`. */
  decodeRange?(bytes: Uint8Array, start: number, end: number): T
}

/**
 * A codec for values of whatever type the application says they are, as those of JSON: it fits every
 * `Stream<T>`. `decode` does not look at the type, so what it returns is claimed to be any.
 */
export interface UntypedCodec extends Codec<unknown> {
  encode(value: unknown): Uint8Array
  decode(bytes: Uint8Array): never
  encodeInto(value: unknown, target: EncodedRange): void
  decodeRange(bytes: Uint8Array, start: number, end: number): never
}

/** `codec.encodeInto`, or what does the same through `encode`. */
export function encoderOf<T>(codec: Codec<T>): (value: T, target: EncodedRange) => void {
  if (hasEncodeInto(codec)) {
    // Not `bind`: what it makes is not inlined where it is called.
    return (value, target) => codec.encodeInto(value, target)
  }
  return (value, target) => {
    const bytes = codec.encode(value)
    target.bytes = bytes
    target.start = 0
    target.end = bytes.byteLength
  }
}

function hasEncodeInto<T>(
  codec: Codec<T>,
): codec is Codec<T> & Required<Pick<Codec<T>, 'encodeInto'>> {
  return codec.encodeInto !== undefined
}
