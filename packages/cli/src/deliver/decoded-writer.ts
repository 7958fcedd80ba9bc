/**
 * Records as lines of JSON that were stored as MessagePack: `--format value --codec msgpack`.
 */

import { type RecordBatch } from '@tailrace/client'

import { type OutputBuffer } from './output-buffer.js'
import { readValue } from './readable-value.js'
import { type RecordWriter } from './record-writer.js'

/** Writes decoded values, each on a line, after the record's offset and a tab if that is wanted. */
export class DecodedWriter implements RecordWriter {
  readonly #hasOffsets: boolean

  constructor({ hasOffsets }: { readonly hasOffsets: boolean }) {
    this.#hasOffsets = hasOffsets
  }

  write(batch: RecordBatch<Uint8Array>, buffer: OutputBuffer): void {
    for (const { offset, value } of batch) {
      const { text } = readValue(value, 'msgpack')
      buffer.text(this.#hasOffsets ? `${offset}\t${text}\n` : `${text}\n`)
    }
  }
}
