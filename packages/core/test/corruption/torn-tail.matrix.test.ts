/**
 * The last batch cut at every byte, in every shape of a batch, in both modes, as zeros behind the cut and as
 * a file that ends there. Then the log is opened, appended to, opened again and read: everything before the
 * cut is there, nothing of the torn batch, and the new record in its place.
 *
 * On a simulated disk: some twenty thousand cuts, each opened twice, take half a minute. What is kept as
 * evidence, and what else may lie in a tail, is in active-segment.test.ts.
 */

import { BATCH_HEADER_BYTES, BatchBuilder } from '@tailrace/format'
import { SimulatedStorage } from '@tailrace/testing'
import { describe, expect, it } from 'vitest'
import type { Durability, Log, LogRecord, RecordInput } from '../../src/index.js'
import { layoutOf, simulatedDisk, type PlacedBatch } from '../repair/support/disk.js'
import { copyOfDisk, sameDisk, STREAM, withLog, withStore } from '../repair/support/simulated.js'
import {
  copyOf,
  expectRecords,
  produce,
  range,
  readAll,
  sized,
  textOf,
} from '../support/records.js'

const TEXT = new TextEncoder()
/** A record longer than the pages of a disk, let alone its sectors: a batch has one more boundary in it. */
const LARGE_BYTES = 4200
/** What is left of the segment file before it is cut: so much is copied for each of thousands of cuts. */
const SEGMENT_BYTES = 8 * 1024
/** Ten times what the largest batch takes where nothing else runs. */
const TIMEOUT_MS = 120_000

interface Shape {
  readonly name: string
  readonly records: readonly RecordInput[]
  readonly isProduced?: boolean
}

const SHAPES: readonly Shape[] = [
  { name: 'one small record', records: [{ value: 'x' }] },
  { name: 'one empty record', records: [{ value: '' }] },
  { name: 'many records', records: range(0, 15).map((at) => ({ value: `record ${String(at)}` })) },
  {
    name: 'keys, headers and times',
    records: range(0, 3).map((at) => ({
      value: sized(at, 20),
      key: `key ${String(at)}`,
      headers: TEXT.encode('headers'),
      timeUs: 1_763_600_000_000_000 + at,
    })),
  },
  { name: 'a producer', records: [{ value: 'produced' }, { value: 'twice' }], isProduced: true },
  {
    name: 'values of zeros',
    records: [{ value: new Uint8Array(100) }, { value: new Uint8Array(9) }],
  },
  { name: 'a large record', records: [{ value: sized(1, LARGE_BYTES) }] },
]

/** A disk as a kill leaves it: three durable batches, and a last one that no sync has covered. */
interface Killed {
  readonly storage: SimulatedStorage
  readonly before: readonly LogRecord[]
  readonly last: PlacedBatch
}

async function killed(durability: Durability, shape: Shape): Promise<Killed> {
  const running = SimulatedStorage.empty()
  return withLog(
    running,
    async (log) => {
      for (const value of ['one', 'two', 'three']) await log.append([{ value }, { value: 'too' }])
      await log.flush()
      const before = await readAll(log, { from: 'first' })
      log.appendBatch(lastBatch(log, shape))
      const storage = await copyOfDisk(running)
      const disk = simulatedDisk(storage)
      const last = layoutOf(disk).flat().at(-1)
      if (last?.baseOffset !== before.length) throw new Error('the last batch is on the disk')
      await disk.write(last.file, disk.read(last.file).slice(0, SEGMENT_BYTES))
      return { storage, before, last }
    },
    { durability },
  )
}

function lastBatch(log: Log, { records, isProduced = false }: Shape): Uint8Array {
  if (!isProduced) return produce(records)
  const { producerId, producerEpoch } = log.openProducer({ name: 'p' })
  const builder = new BatchBuilder()
  for (const { value } of records) builder.append(TEXT.encode(String(value)))
  return builder.build({ createTimeUs: 1, producerId, producerEpoch, baseSequence: 0 })
}

/** The bytes of the values alone. */
function sizeOf({ records }: Shape): number {
  return records.reduce((sum, { value }) => sum + value.length, 0)
}

/** Opens, appends, opens again and reads. Returns how many records were found at first. */
async function reopenAndAppend(
  storage: SimulatedStorage,
  { before }: Killed,
  where: string,
): Promise<number> {
  const found = await withStore(storage, async (store) => {
    const log = await store.open(STREAM)
    expect(log.failure, where).toBeUndefined()
    expectRecords((await readAll(log, { from: 'first' })).slice(0, before.length), before)
    const { endOffset } = log
    expect((await log.append({ value: 'new' })).baseOffset, where).toBe(endOffset)
    return endOffset
  })
  await withStore(storage, async (store) => {
    const log = await store.open(STREAM)
    expect(log.recovery.tornTail, where).toBeUndefined()
    expect(log.recovery.damage, where).toBeUndefined()
    const records = (await readAll(log, { from: 'first' })).map(copyOf)
    expect(records.map(({ offset }) => offset)).toEqual(range(0, found + 1))
    expect(textOf(records.at(-1)?.value ?? new Uint8Array()), where).toBe('new')
  })
  return found
}

/** What is left of a segment when writing it ended at a position. */
const CUTS = {
  'zeros behind it': (segment: Uint8Array, position: number) => segment.fill(0, position),
  'the file ends there': (segment: Uint8Array, position: number) => segment.slice(0, position),
}

const CASES = (['fsync', 'relaxed'] as const).flatMap((durability) =>
  SHAPES.map((shape) => ({ durability, shape, name: shape.name })),
)

describe.each(Object.entries(CUTS))('the last batch cut at every byte: %s', (_, cut) => {
  it.each(CASES)(
    '$name, $durability',
    async ({ durability, shape }) => {
      const state = await killed(durability, shape)
      const { storage, before, last } = state
      const content = simulatedDisk(storage).read(last.file)
      let cuts = 0
      for (let at = last.position; at < last.end; at += 1) {
        const torn = cut(content.slice(), at)
        const left = sameDisk(storage)
        await simulatedDisk(left).write(last.file, torn)
        const found = await reopenAndAppend(left, state, `cut at ${String(at)}`)
        // Zeros that were to be written and zeros that were there are the same.
        const isWhole = content.subarray(at, last.end).every((byte) => byte === 0)
        if (!isWhole || torn.length < last.end) expect(found).toBe(before.length)
        else expect(found).toBe(last.nextOffset)
        cuts += 1
      }
      expect(cuts).toBe(last.end - last.position)
      expect(cuts).toBeGreaterThanOrEqual(BATCH_HEADER_BYTES + sizeOf(shape))
      // And not cut at all.
      expect(await reopenAndAppend(sameDisk(storage), state, 'whole')).toBe(last.nextOffset)
    },
    TIMEOUT_MS,
  )
})
