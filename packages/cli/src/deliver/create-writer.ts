/**
 * Chooses the writer for the options of `tail` and `replay`.
 */

import pc from 'picocolors'

import { usageError } from '../command-error.js'
import { type Output } from '../io/output.js'
import { DecodedWriter } from './decoded-writer.js'
import { FullWriter } from './full-writer.js'
import { JsonWriter } from './json-writer.js'
import { type ValueCodec } from './readable-value.js'
import { type RecordWriter } from './record-writer.js'
import { ValueWriter } from './value-writer.js'

/** What a line shows: the bytes of the value, everything as JSON, everything for people. */
export type RecordFormat = 'value' | 'json' | 'full'

/** The options that decide about lines. */
export interface WriterArguments {
  readonly format: RecordFormat
  readonly json: boolean
  readonly codec: ValueCodec
  readonly offsets: boolean
  readonly finalNewline: boolean
}

/**
 * Makes the writer.
 *
 * @throws {CommandError} USAGE for options that exclude each other
 */
export function createWriter(args: WriterArguments, output: Output): RecordWriter {
  const { codec, offsets, finalNewline } = args
  const format = args.json ? 'json' : args.format
  const isPlain = format === 'value' && codec === 'auto'
  if (!finalNewline && !isPlain) {
    throw usageError('--no-final-newline is for --format value without --codec')
  }
  if (format === 'json') return new JsonWriter(codec)
  if (format === 'full') {
    return new FullWriter({ isColored: output.isTerminal && pc.isColorSupported, codec })
  }
  if (codec === 'msgpack') return new DecodedWriter({ hasOffsets: offsets })
  return new ValueWriter({ hasOffsets: offsets, hasFinalNewline: finalNewline })
}
