/**
 * Records for people: offset, time, key if there is one, value; coloured on a terminal.
 *
 * Control characters of a value are shown, not sent: a record must not move the reader's cursor.
 */

import { type RecordBatch } from '@tailrace/client'
import pc from 'picocolors'

import { formatTimestamp } from '../text/numbers.js'
import { visible } from '../text/visible.js'
import { type OutputBuffer } from './output-buffer.js'
import { readBytes, readValue, type ValueCodec } from './readable-value.js'
import { type RecordWriter } from './record-writer.js'

/** How records are shown. */
export interface FullWriterOptions {
  readonly isColored: boolean
  readonly codec: ValueCodec
}

const OFFSET_COLUMNS = 8

/** Writes records as lines to look at. */
export class FullWriter implements RecordWriter {
  readonly #colors: ReturnType<typeof pc.createColors>
  readonly #codec: ValueCodec

  constructor({ isColored, codec }: FullWriterOptions) {
    this.#colors = pc.createColors(isColored)
    this.#codec = codec
  }

  write(batch: RecordBatch<Uint8Array>, buffer: OutputBuffer): void {
    const { cyan, dim, yellow } = this.#colors
    const time = dim(formatTimestamp(batch.appendTimeUs))
    for (const { offset, value, key } of batch) {
      const number = cyan(String(offset).padStart(OFFSET_COLUMNS))
      const keyText = key === undefined ? '' : `${yellow(visible(readBytes(key)))}  `
      const { encoding, text } = readValue(value, this.#codec)
      const shown = encoding === 'base64' ? dim(`base64:${text}`) : visible(text)
      buffer.text(`${number}  ${time}  ${keyText}${shown}\n`)
    }
  }
}
