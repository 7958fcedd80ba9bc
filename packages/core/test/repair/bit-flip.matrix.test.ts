/**
 * Every bit of a segment with a few batches, flipped one at a time: verify says so, and no reader is
 * given a record that was not written. Some thousand openings: this takes seconds.
 */

import { RECOVERY_POINTS_AT, SEGMENT_HEADER_BYTES } from '@tailrace/format'
import type { SimulatedStorage } from '@tailrace/testing'
import { describe, expect, it } from 'vitest'
import { verifyStore, type Log, type LogRecord, type StreamVerification } from '../../src/index.js'
import { expectRecords } from '../support/records.js'
import { SMALL } from '../support/test-store.js'
import { layoutOf, simulatedDisk, type PlacedBatch } from './support/disk.js'
import { readWithGaps } from './support/filled-stream.js'
import { copyOfDisk, DIRECTORY, filledDisk, STREAM, withStore } from './support/simulated.js'

/** An active segment of three small batches. */
async function smallStream(): Promise<SimulatedStorage> {
  return filledDisk(appendSmall)
}

/** The same as a sealed segment, and others behind it. */
async function smallSegments(): Promise<SimulatedStorage> {
  return filledDisk(async (log) => {
    await appendSmall(log)
    // Too large for what is left of the segment.
    await log.append({ value: new Uint8Array(64 * 1024).fill(7) })
    await log.append({ value: 'last' })
  }, SMALL)
}

async function appendSmall(log: Log): Promise<void> {
  for (const value of ['one', 'two', 'three']) {
    await log.append([{ value, key: 'k' }, { value: `${value}, too` }])
  }
}

interface FlippedBit {
  readonly position: number
  readonly found: StreamVerification
  /** What reading gave, everything that it could. */
  readonly records: readonly LogRecord[]
  readonly endOffset: number
}

/** Flips the bits of the given bytes, one at a time. */
async function* flipped(
  storage: SimulatedStorage,
  file: string,
  positions: Iterable<number>,
): AsyncGenerator<FlippedBit> {
  const path = `${DIRECTORY}/${file}`
  for (const position of positions) {
    for (let bit = 0; bit < 8; bit += 1) {
      const bytes = storage.contentOf(path)
      const before = bytes[position] ?? 0
      bytes[position] = before ^ (1 << bit)
      const copy = await copyOfDisk(storage)
      const [found] = (await verifyStore('simulated', { storage })).streams
      bytes[position] = before
      if (found === undefined) throw new Error('the stream is there')
      const read = await withStore(copy, async (store) => {
        const log = await store.open(STREAM)
        return { ...(await readWithGaps(log)), endOffset: log.endOffset }
      })
      yield { position, found, records: read.records, endOffset: read.endOffset }
    }
  }
}

function* bytesOf(start: number, end: number, step = 1): Generator<number> {
  for (let position = start; position < end; position += step) yield position
}

async function originalsOf(storage: SimulatedStorage): Promise<readonly LogRecord[]> {
  return withStore(await copyOfDisk(storage), async (store) => {
    const { records } = await readWithGaps(await store.open(STREAM))
    return records
  })
}

/** Whether the bit lies in the slots of recovery points, of which the other one is left. */
function isInPoints(position: number): boolean {
  return position >= RECOVERY_POINTS_AT && position < SEGMENT_HEADER_BYTES
}

/** Only records that were written, each as it was; all of them outside of `damaged`. */
function expectOnlyOriginals(
  { records, endOffset }: FlippedBit,
  originals: readonly LogRecord[],
  damaged: PlacedBatch | undefined,
): void {
  const isLost = (offset: number): boolean =>
    offset >= endOffset ||
    (damaged !== undefined && offset >= damaged.baseOffset && offset < damaged.nextOffset)
  expectRecords(
    records,
    originals.filter(({ offset }) => !isLost(offset)),
  )
}

describe('a flipped bit', () => {
  it('of a sealed segment is found wherever it is, and costs no more than its batch', async () => {
    const storage = await smallSegments()
    const originals = await originalsOf(storage)
    const [batches = []] = layoutOf(simulatedDisk(storage))
    const file = batches[0]?.file ?? ''
    const size = storage.contentOf(`${DIRECTORY}/${file}`).length
    let count = 0
    for await (const bit of flipped(storage, file, bytesOf(0, size))) {
      count += 1
      const { found, position } = bit
      if (isInPoints(position)) expect(found.warnings).toHaveLength(1)
      else expect(found.defects, `position ${String(position)}`).toHaveLength(1)
      const damaged = batches.find((batch) => batch.position <= position && position < batch.end)
      if (damaged !== undefined) {
        const { position: positionBytes, baseOffset: fromOffset, nextOffset: toOffset } = damaged
        expect(found.defects[0]).toMatchObject({ positionBytes, fromOffset, toOffset })
      }
      expectOnlyOriginals(bit, originals, damaged)
      expect(bit.endOffset).toBe(originals.length)
    }
    expect(count).toBe(size * 8)
  })

  it('of the active segment is found, and what it spoils is not delivered', async () => {
    const storage = await smallStream()
    const originals = await originalsOf(storage)
    const batches = layoutOf(simulatedDisk(storage)).flat()
    const end = batches.at(-1)?.end ?? 0
    for await (const bit of flipped(storage, batches[0]?.file ?? '', bytesOf(0, end))) {
      const { found, position } = bit
      if (isInPoints(position)) expect(found.warnings).toHaveLength(1)
      else expect(found.defects, `position ${String(position)}`).toHaveLength(1)
      const damaged = batches.find((batch) => batch.position <= position && position < batch.end)
      expectOnlyOriginals(bit, originals, damaged)
    }
  })

  it('of the free tail is a torn tail, and harms nothing', async () => {
    const storage = await smallStream()
    const originals = await originalsOf(storage)
    const last = layoutOf(simulatedDisk(storage)).flat().at(-1)
    if (last === undefined) throw new Error('there are batches')
    const size = storage.contentOf(`${DIRECTORY}/${last.file}`).length
    const positions = [
      ...bytesOf(last.end, last.end + 160),
      ...bytesOf(last.end + 160, size, 997),
      size - 1,
    ]
    for await (const bit of flipped(storage, last.file, positions)) {
      const { found } = bit
      expect(found.defects).toEqual([])
      expect(found.tornTail).toMatchObject({ positionBytes: last.end, endOffset: originals.length })
      expectOnlyOriginals(bit, originals, undefined)
      expect(bit.endOffset).toBe(originals.length)
    }
  })
})
