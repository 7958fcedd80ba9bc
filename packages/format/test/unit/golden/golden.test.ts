/**
 * The frozen bytes of each format version: today's code reads them as they were meant, and writes
 * them again to the byte. See test/golden/write-golden.mjs for how they came to be.
 */

import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  BatchBuilder,
  BatchView,
  IndexEntries,
  type RecoveryPoint,
  type SegmentHeader,
  type SegmentSummary,
  batches,
  decodeIndex,
  decodeSegmentHeader,
  encodeIndex,
  encodeSegmentHeader,
  inspectBatch,
  inspectProducedBatch,
  readRecoveryPoint,
  writeRecoveryPoint,
} from '../../../src/index.js'
import { stamp, text } from '../../support/batches.js'

const DIRECTORY = path.join(import.meta.dirname, '../../golden/v1')

interface ExpectedRecord {
  readonly offset: number
  readonly timeUs: number
  readonly value: string
  readonly key: string | null
  readonly headers: string | null
}

interface ExpectedBatch {
  readonly position?: number
  readonly isExtended?: boolean
  readonly baseOffset: number
  readonly appendTimeUs: number
  readonly epoch: number
  readonly createTimeUs: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly records: readonly ExpectedRecord[]
}

interface ExpectedSegment {
  readonly header: SegmentHeader
  readonly recoveryPoints: readonly [RecoveryPoint, RecoveryPoint]
  readonly recoveryPoint: RecoveryPoint
  readonly batches: readonly ExpectedBatch[]
  readonly dataEndPosition: number
}

interface ExpectedIndex {
  readonly summary: SegmentSummary
  readonly entries: readonly {
    relativeOffset: number
    position: number
    appendTimeUs: number
  }[]
}

function load(name: string): { readonly bytes: Uint8Array; readonly expected: unknown } {
  return {
    bytes: new Uint8Array(readFileSync(path.join(DIRECTORY, `${name}.bin`))),
    expected: JSON.parse(
      readFileSync(path.join(DIRECTORY, `${name}.expected.json`), 'utf8'),
    ) as unknown,
  }
}

function loadBatch(name: string) {
  const { bytes, expected } = load(name)
  return { bytes, expected: expected as ExpectedBatch }
}

function hex(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined ? null : Buffer.from(bytes).toString('hex')
}

function unhex(digits: string | null): Uint8Array | undefined {
  return digits === null ? undefined : new Uint8Array(Buffer.from(digits, 'hex'))
}

function expectBatch(view: BatchView, expected: ExpectedBatch): void {
  const { records, isExtended: _, ...fields } = { kind: 'batch', ...expected }
  expect({ kind: 'batch', ...pick(view, Object.keys(fields)) }).toEqual(fields)
  expect(
    Array.from({ length: view.recordCount }, (_unused, i) => ({
      offset: view.offset(i),
      timeUs: view.timeUs(i),
      value: hex(view.value(i)),
      key: hex(view.key(i)),
      headers: hex(view.headers(i)),
    })),
  ).toEqual(records)
}

function pick(view: BatchView, names: readonly string[]): object {
  return Object.fromEntries(
    names.filter((name) => name !== 'kind').map((name) => [name, view[name as keyof BatchView]]),
  )
}

/** Builds and stamps the batch anew from what is expected of it. */
function rebuild(expected: ExpectedBatch): Uint8Array {
  const builder = new BatchBuilder()
  for (const { value, key, headers, timeUs } of expected.records) {
    builder.append(unhex(value) ?? text(''), {
      key: unhex(key),
      headers: unhex(headers),
      timeUs: timeUs === expected.createTimeUs ? undefined : timeUs,
    })
  }
  const produced = builder.build(expected)
  return expected.appendTimeUs === 0 ? produced : stamp(produced, expected)
}

describe('the golden batch', () => {
  it.each(['batch-produced', 'batch-stored', 'batch-extended'])('%s reads as expected', (name) => {
    const { bytes, expected } = loadBatch(name)
    const defect =
      expected.appendTimeUs === 0
        ? inspectProducedBatch(bytes, 0, bytes.length)
        : inspectBatch(bytes, 0, bytes.length, 'whole')
    expect(defect).toBeUndefined()
    expectBatch(new BatchView(bytes), expected)
  })

  it.each(['batch-produced', 'batch-stored'])('%s is written again to the byte', (name) => {
    const { bytes, expected } = loadBatch(name)
    expect(rebuild(expected)).toEqual(bytes)
  })
})

describe('the golden segment', () => {
  const { bytes, ...loaded } = load('segment')
  const expected = loaded.expected as ExpectedSegment

  it('reads as expected', () => {
    expect(decodeSegmentHeader(bytes)).toEqual(expected.header)
    expect(readRecoveryPoint(bytes)).toEqual(expected.recoveryPoint)
    let count = 0
    for (const batch of batches(bytes.subarray(0, expected.dataEndPosition).subarray(128))) {
      const { position, ...fields } = expected.batches[count++] ?? expect.unreachable()
      expect(batch.position + 128).toBe(position)
      expectBatch(batch, fields)
    }
    expect(count).toBe(expected.batches.length)
    expect(bytes.subarray(expected.dataEndPosition)).toEqual(new Uint8Array(8))
  })

  it('is written again to the byte', () => {
    const written = new Uint8Array(bytes.length)
    written.set(encodeSegmentHeader(expected.header))
    writeRecoveryPoint(written, 0, expected.recoveryPoints[0])
    writeRecoveryPoint(written, 1, expected.recoveryPoints[1])
    for (const batch of expected.batches) written.set(rebuild(batch), batch.position)
    expect(written).toEqual(bytes)
  })
})

describe('the golden index', () => {
  const { bytes, ...loaded } = load('index')
  const expected = loaded.expected as ExpectedIndex

  it('reads as expected and is written again to the byte', () => {
    const { entries, ...summary } = decodeIndex(bytes)
    expect(summary).toEqual(expected.summary)
    const list = Array.from({ length: entries.count }, (_, i) => ({
      relativeOffset: entries.relativeOffset(i),
      position: entries.position(i),
      appendTimeUs: entries.appendTimeUs(i),
    }))
    expect(list).toEqual(expected.entries)

    const again = new IndexEntries()
    for (const entry of expected.entries) again.append(entry)
    expect(encodeIndex({ ...expected.summary, entries: again })).toEqual(bytes)
  })
})

describe('the golden files', () => {
  it('are all compared above', () => {
    const names = readdirSync(DIRECTORY).filter((file) => file.endsWith('.bin'))
    expect(names.toSorted()).toEqual([
      'batch-extended.bin',
      'batch-produced.bin',
      'batch-stored.bin',
      'index.bin',
      'segment.bin',
    ])
  })
})
