/**
 * Every bit of a segment with a few batches, flipped one at a time: verify says so, and no reader is
 * given a record that was not written. Of a sealed segment, and of the active one with its whole free tail,
 * whose file is shorter than those that the log makes, for the sake of the tail.
 *
 * Some twenty thousand disks, each verified, opened and read, take a quarter of a minute.
 */

import { RECOVERY_POINTS_AT, SEGMENT_HEADER_BYTES } from '@tailrace/format'
import type { SimulatedStorage } from '@tailrace/testing'
import { describe, expect, it } from 'vitest'
import { verifyStore, type Log, type LogRecord, type StreamVerification } from '../../src/index.js'
import { expectRecords } from '../support/records.js'
import { SMALL } from '../support/test-store.js'
import { layoutOf, simulatedDisk, type PlacedBatch } from './support/disk.js'
import { readWithGaps } from './support/filled-stream.js'
import { DIRECTORY, filledDisk, sameDisk, STREAM, withStore } from './support/simulated.js'

/** Size of the active segment file: some batches, and a free tail of more than two sectors. */
const ACTIVE_BYTES = 2048
/** Ten times what they take where nothing else runs. */
const TIMEOUT_MS = 240_000

/** An active segment of three small batches, and its file. */
interface SmallStream {
  readonly storage: SimulatedStorage
  readonly originals: readonly LogRecord[]
  readonly batches: readonly PlacedBatch[]
  readonly file: string
  /** Where the free tail begins. */
  readonly dataEnd: number
}

async function smallStream(): Promise<SmallStream> {
  const storage = await filledDisk(appendSmall)
  const disk = simulatedDisk(storage)
  const batches = layoutOf(disk).flat()
  const last = batches.at(-1)
  if (last === undefined) throw new Error('there are batches')
  const { file, end: dataEnd } = last
  await disk.write(file, disk.read(file).slice(0, ACTIVE_BYTES))
  return { storage, originals: await originalsOf(storage), batches, file, dataEnd }
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

/** Flips every bit of the bytes from `start` to `end` (exclusive), one at a time. */
async function* flipped(
  storage: SimulatedStorage,
  file: string,
  { start, end }: { readonly start: number; readonly end: number },
): AsyncGenerator<FlippedBit> {
  for (let position = start; position < end; position += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const rotten = sameDisk(storage)
      rotten.flipBit(`${DIRECTORY}/${file}`, position, bit)
      const [found] = (await verifyStore('simulated', { storage: rotten })).streams
      if (found === undefined) throw new Error('the stream is there')
      const read = await withStore(rotten, async (store) => {
        const log = await store.open(STREAM)
        return { ...(await readWithGaps(log)), endOffset: log.endOffset }
      })
      yield { position, found, records: read.records, endOffset: read.endOffset }
    }
  }
}

async function originalsOf(storage: SimulatedStorage): Promise<readonly LogRecord[]> {
  return withStore(sameDisk(storage), async (store) => {
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
  it(
    'of a sealed segment is found wherever it is, and costs no more than its batch',
    async () => {
      const storage = await smallSegments()
      const originals = await originalsOf(storage)
      const [batches = []] = layoutOf(simulatedDisk(storage))
      const file = batches[0]?.file ?? ''
      const size = storage.contentOf(`${DIRECTORY}/${file}`).length
      let count = 0
      for await (const bit of flipped(storage, file, { start: 0, end: size })) {
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
    },
    TIMEOUT_MS,
  )

  it(
    'of the active segment is found, and what it spoils is not delivered',
    async () => {
      const { storage, originals, batches, file, dataEnd } = await smallStream()
      let count = 0
      for await (const bit of flipped(storage, file, { start: 0, end: dataEnd })) {
        count += 1
        const { found, position } = bit
        if (isInPoints(position)) expect(found.warnings).toHaveLength(1)
        else expect(found.defects, `position ${String(position)}`).toHaveLength(1)
        const damaged = batches.find((batch) => batch.position <= position && position < batch.end)
        expectOnlyOriginals(bit, originals, damaged)
      }
      expect(count).toBe(dataEnd * 8)
    },
    TIMEOUT_MS,
  )

  it(
    'of the free tail is a torn tail, and harms nothing',
    async () => {
      const { storage, originals, file, dataEnd } = await smallStream()
      let count = 0
      for await (const bit of flipped(storage, file, { start: dataEnd, end: ACTIVE_BYTES })) {
        count += 1
        const { found } = bit
        expect(found.defects).toEqual([])
        expect(found.tornTail).toMatchObject({
          positionBytes: dataEnd,
          endOffset: originals.length,
        })
        expectOnlyOriginals(bit, originals, undefined)
        expect(bit.endOffset).toBe(originals.length)
      }
      expect(count).toBe((ACTIVE_BYTES - dataEnd) * 8)
      expect(count).toBeGreaterThan(2 * 512 * 8)
    },
    TIMEOUT_MS,
  )
})
