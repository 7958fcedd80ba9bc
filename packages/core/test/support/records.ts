/** Records and batches for tests, and a log's content as plain values. */

import { BatchBuilder, type ProducerStamp } from '@tailrace/format'
import { expect } from 'vitest'
import type { Log, LogRecord, ReadOnlyLog, ReadOptions, RecordInput } from '../../src/index.js'
import { START_US } from './manual-clock.js'

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

export function textOf(value: Uint8Array): string {
  return new TextDecoder().decode(value)
}

/** A value of a size, recognisable by its number. */
export function sized(number: number, sizeBytes: number): Uint8Array {
  const value = new Uint8Array(sizeBytes).fill(number % 251)
  value.set(text(`#${String(number)} `).subarray(0, sizeBytes))
  return value
}

/** A batch as a producer sends it. */
export function produce(
  records: readonly RecordInput[],
  stamp: Partial<ProducerStamp> = {},
): Uint8Array {
  const builder = new BatchBuilder()
  for (const { value, key, headers, timeUs } of records) {
    builder.append(bytesOf(value), {
      key: key === undefined ? undefined : bytesOf(key),
      headers,
      timeUs,
    })
  }
  return builder.build({ createTimeUs: START_US, ...stamp })
}

/** All records of a read, copied. */
export async function readAll(log: Log, options: ReadOptions): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for await (const record of log.read(options)) records.push(copyOf(record))
  return records
}

/** A log of this process, or of another that is followed. */
type ReadableLog = Pick<Log, 'read'> | Pick<ReadOnlyLog, 'read'>

/** The values of a read as text. */
export async function valuesOf(
  log: ReadableLog,
  options: ReadOptions = { from: 'first' },
): Promise<string[]> {
  const values: string[] = []
  for await (const record of log.read(options)) values.push(textOf(record.value))
  return values
}

/** The offsets of a read. */
export async function offsetsOf(
  log: ReadableLog,
  options: ReadOptions = { from: 'first' },
): Promise<number[]> {
  const offsets: number[] = []
  for await (const record of log.read(options)) offsets.push(record.offset)
  return offsets
}

/** The record with bytes of its own. */
export function copyOf(record: LogRecord): LogRecord {
  const { value, key, headers } = record
  return { ...record, value: value.slice(), key: key?.slice(), headers: headers?.slice() }
}

/** Fails unless the records are the same; says which one is the first that differs. Fast on large values. */
export function expectRecords(actual: readonly LogRecord[], expected: readonly LogRecord[]): void {
  const differing = actual.findIndex((record, at) => !isSame(record, expected[at]))
  if (differing >= 0) expect(actual[differing]).toEqual(expected[differing])
  expect(actual.length).toBe(expected.length)
}

function isSame(left: LogRecord, right: LogRecord | undefined): boolean {
  return (
    right !== undefined &&
    left.offset === right.offset &&
    left.timeUs === right.timeUs &&
    left.appendTimeUs === right.appendTimeUs &&
    isSameBytes(left.value, right.value) &&
    isSameBytes(left.key, right.key) &&
    isSameBytes(left.headers, right.headers)
  )
}

export function isSameBytes(left: Uint8Array | undefined, right: Uint8Array | undefined): boolean {
  if (left === undefined || right === undefined) return left === right
  return Buffer.compare(left, right) === 0
}

/** `[start, end)`. */
export function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, at) => start + at)
}

function bytesOf(value: Uint8Array | string): Uint8Array {
  return typeof value === 'string' ? text(value) : value
}
