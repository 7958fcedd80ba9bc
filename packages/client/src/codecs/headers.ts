/**
 * The headers and the key of a record, as applications write them and as bytes.
 *
 * Headers are a MessagePack map. To the log they are opaque bytes; only clients look inside.
 */

import type { RecordOptions as FormatRecordOptions } from '@tailrace/format'

import { createPackr } from './packr.js'

/** What a header may hold. */
export type HeaderValue = string | number | Uint8Array

/** Headers of a record, by name. */
export type RecordHeaders = Readonly<Record<string, HeaderValue>>

/** What may be sent with a value. */
export interface RecordOptions {
  /** Text is stored as UTF-8. An empty key is the same as none. */
  readonly key?: string | Uint8Array | undefined
  /** Empty headers are the same as none. */
  readonly headers?: RecordHeaders | undefined
  /**
   * The time of the event, in µs since 1970. By default the time at which the batch is closed. Records
   * more than 35 minutes apart go into separate batches.
   */
  readonly timeUs?: number | undefined
}

/** Encodes what goes with a value, and decodes headers. */
export class RecordExtras {
  readonly #packr = createPackr()
  readonly #encoder = new TextEncoder()

  /**
   * Encodes a record's options.
   *
   * @throws {TypeError} a header is neither string, number nor bytes.
   */
  encode({ key, headers, timeUs }: RecordOptions): FormatRecordOptions {
    return {
      key: typeof key === 'string' ? this.#encoder.encode(key) : key,
      headers: headers === undefined ? undefined : this.#encodeHeaders(headers),
      timeUs,
    }
  }

  /** Decodes headers. Throws when the bytes are not a MessagePack map. */
  decodeHeaders(bytes: Uint8Array): RecordHeaders {
    const headers: unknown = this.#packr.unpack(bytes)
    if (typeof headers === 'object' && headers !== null && !Array.isArray(headers)) {
      return headers as RecordHeaders
    }
    throw new TypeError('headers are not a map')
  }

  #encodeHeaders(headers: RecordHeaders): Uint8Array | undefined {
    const entries: readonly (readonly [string, unknown])[] = Object.entries(headers)
    if (entries.length === 0) return undefined
    for (const [name, value] of entries) {
      if (typeof value === 'string' || typeof value === 'number') continue
      if (value instanceof Uint8Array) continue
      throw new TypeError(
        `header "${name}" is of type ${typeof value}, must be a string, a number or a Uint8Array`,
      )
    }
    return this.#packr.pack(headers)
  }
}
