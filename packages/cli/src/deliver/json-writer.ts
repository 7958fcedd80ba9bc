/**
 * Records as NDJSON: one object a line, with everything that is known of the record.
 *
 * ```
 * {"offset":7,"appendTime":"2026-11-20T10:00:00.000001Z","key":"c-17","encoding":"json","value":{"id":1}}
 * ```
 *
 * `key` and `headers` are left out when a record has none. A value that is JSON is put in as the text it
 * was stored as, so that no digit of a number changes on the way.
 */

import { type RecordBatch, type RecordHeaders } from '@tailrace/client'

import { formatTimestamp } from '../text/numbers.js'
import { type OutputBuffer } from './output-buffer.js'
import { readBytes, readValue, type ValueCodec } from './readable-value.js'
import { type RecordWriter } from './record-writer.js'

/** Writes records as JSON. */
export class JsonWriter implements RecordWriter {
  readonly #codec: ValueCodec

  constructor(codec: ValueCodec) {
    this.#codec = codec
  }

  write(batch: RecordBatch<Uint8Array>, buffer: OutputBuffer): void {
    const appendTime = formatTimestamp(batch.appendTimeUs)
    for (const { offset, value, key, headers } of batch) {
      const { encoding, text } = readValue(value, this.#codec)
      const isJson = encoding === 'json' || encoding === 'msgpack'
      const start = `{"offset":${offset},"appendTime":"${appendTime}"`
      const extras = memberOf('key', key && readBytes(key)) + memberOf('headers', plain(headers))
      const shown = isJson ? text : JSON.stringify(text)
      buffer.text(`${start}${extras},"encoding":"${encoding}","value":${shown}}\n`)
    }
  }
}

function memberOf(name: string, value: unknown): string {
  return value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`
}

function plain(headers: RecordHeaders | undefined): unknown {
  if (headers === undefined) return undefined
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? readBytes(value) : value,
  ])
  return Object.fromEntries(entries) as unknown
}
