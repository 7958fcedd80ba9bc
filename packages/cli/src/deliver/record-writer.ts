/**
 * How the records of a batch become output: one implementation for each `--format`.
 */

import { type RecordBatch } from '@tailrace/client'

import { type OutputBuffer } from './output-buffer.js'

/** Writes the records of batches, each batch's [firstIndex, endIndex). */
export interface RecordWriter {
  write(batch: RecordBatch<Uint8Array>, buffer: OutputBuffer): void
}
