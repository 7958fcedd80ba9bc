/** Reading a stream with damage, before and after a repair: nothing is skipped without a word. */

import { beforeAll, describe, expect, it } from 'vitest'
import type { SimulatedStorage } from '@tailrace/testing'
import {
  repairStream,
  verifyStore,
  type Gap,
  type Log,
  type LogReader,
  type StartPosition,
} from '../../src/index.js'
import { errorOf } from '../support/errors.js'
import { offsetsOf, range } from '../support/records.js'
import { SMALL } from '../support/test-store.js'
import { flip, layoutOf, scribble, simulatedDisk, type PlacedBatch } from './support/disk.js'
import { fill, RECORD_COUNT } from './support/filled-stream.js'
import { copyOfDisk, filledDisk, STREAM, withLog } from './support/simulated.js'

let pristine: SimulatedStorage
let batches: readonly PlacedBatch[]

beforeAll(async () => {
  pristine = await filledDisk(fill, SMALL)
  batches = layoutOf(simulatedDisk(pristine)).flat()
})

function batchAt(index: number): PlacedBatch {
  const batch = batches[index]
  if (batch === undefined) throw new RangeError(`no batch ${String(index)}`)
  return batch
}

/** A copy of the disk on which the bodies, or the headers, of some batches are damaged. */
async function damaged(part: 'body' | 'header', ...indexes: number[]): Promise<SimulatedStorage> {
  const storage = await copyOfDisk(pristine)
  for (const index of indexes) {
    const { file, position, end } = batchAt(index)
    if (part === 'body') await flip(simulatedDisk(storage), file, end - 100)
    else await scribble(simulatedDisk(storage), file, { start: position, end: position + 72 })
  }
  return storage
}

async function repaired(...indexes: number[]): Promise<SimulatedStorage> {
  const storage = await damaged('header', ...indexes)
  await repairStream('simulated', STREAM, { apply: true, storage })
  return storage
}

/** The offsets that a reader gives, going on behind what it cannot read as the errors say. */
async function readOn(
  reader: LogReader,
  end: number,
): Promise<{ offsets: number[]; codes: string[] }> {
  const offsets: number[] = []
  const codes: string[] = []
  while (reader.nextOffset < end) {
    try {
      const run = reader.next(1)
      if (run === undefined) break
      offsets.push(...range(run.baseOffset, run.endOffset))
    } catch (error) {
      const { code, details } = error as { code: string; details: Record<string, number> }
      codes.push(code)
      reader.seek(Number(details['startOffset'] ?? details['to']))
    }
  }
  return { offsets, codes }
}

const without = (...lost: (readonly [number, number])[]): number[] =>
  range(0, RECORD_COUNT).filter(
    (offset) => !lost.some(([from, to]) => from <= offset && offset < to),
  )

describe('a reader at damage that was not repaired', () => {
  it.each(['body', 'header'] as const)(
    'is told where records go on behind a damaged %s',
    async (part) => {
      const storage = await damaged(part, 9)
      await withLog(storage, async (log) => {
        const reader = log.reader(27)
        const error = await errorOf('STREAM_CORRUPT', () => reader.next(1))
        expect(error.details).toMatchObject({ stream: STREAM, from: 27, to: 30 })
        expect(reader.gapAt()).toBeUndefined()
        // A reader that never saw the damage finds its way past it, too.
        for (const at of [reader, log.reader(30)]) {
          at.seek(30)
          expect(at.next(1)).toMatchObject({ baseOffset: 30, endOffset: 33 })
        }
        const middle = await errorOf('STREAM_CORRUPT', () => log.reader(28).next(1))
        expect(middle.details).toMatchObject({ from: 28, to: 30 })
      })
    },
  )

  it.each(['body', 'header'] as const)(
    'goes on in the next segment behind a damaged %s at the end of one',
    async (part) => {
      const storage = await damaged(part, 12, 13)
      await withLog(storage, async (log) => {
        const { offsets, codes } = await readOn(log.reader(0), log.endOffset)
        expect(offsets).toEqual(without([36, 42]))
        expect(new Set(codes)).toEqual(new Set(['STREAM_CORRUPT']))
      })
    },
  )

  it('finds its way without an index, too', async () => {
    const storage = await damaged('header', 8, 10)
    for (const path of storage.paths()) if (path.endsWith('.index')) await storage.remove(path)
    await withLog(storage, async (log) => {
      const { offsets } = await readOn(log.reader(0), log.endOffset)
      expect(offsets).toEqual(without([24, 27], [30, 33]))
    })
    // Opening has cut and indexed again; nothing that can be read was cut off.
    const [stream] = (await verifyStore('simulated', { storage })).streams
    expect(stream?.records).toBe(RECORD_COUNT - 6)
  })

  it('finds a record by its time behind damage, and is not led past damage that may hold it', async () => {
    const storage = await damaged('header', 9)
    await withLog(storage, async (log) => {
      const [before, after] = [timeOf(log, 26), timeOf(log, 30)]
      const found = [before, before + 1, after - 1, after, after + 1]
      expect(found.map((time) => log.offsetForTimestamp(time))).toEqual([24, 27, 27, 27, 33])
    })
  })
})

/** Append time of the batch that holds the offset. */
function timeOf(log: Log, offset: number): number {
  for (const { appendTimeUs } of log.batches({ from: offset, to: offset + 1 })) return appendTimeUs
  throw new RangeError(`no batch at ${String(offset)}`)
}

describe('a reader at a gap', () => {
  it('is told the range, once, and goes on behind it', async () => {
    await withLog(await repaired(9, 10), async (log) => {
      const gap: Gap = { from: 27, to: 33, reason: 'damage' }
      expect(log.gaps).toEqual([gap])
      const reader = log.reader(26)
      expect(reader.gapAt()).toBeUndefined()
      expect(reader.next(1e6)).toMatchObject({ endOffset: 27 })
      expect(reader.gapAt()).toEqual(gap)
      const error = await errorOf('OFFSET_OUT_OF_RANGE', () => reader.next(1))
      expect(error.details).toEqual({
        stream: STREAM,
        offset: 27,
        startOffset: 33,
        endOffset: RECORD_COUNT,
        from: 27,
        to: 33,
        reason: 'damage',
      })
      expect(error.action).toBe('reset-offset')
      reader.seek(33)
      expect(reader.gapAt()).toBeUndefined()
      expect(reader.next(1)).toMatchObject({ baseOffset: 33 })
      const all = await readOn(log.reader(0), log.endOffset)
      expect(all).toEqual({ offsets: without([27, 33]), codes: ['OFFSET_OUT_OF_RANGE'] })
    })
  })

  it('meets one at the end of the log as soon as it comes there', async () => {
    await withLog(await repaired(30), async (log) => {
      const reader = log.reader(89)
      expect(reader.next(1e6)).toMatchObject({ endOffset: 90 })
      await errorOf('OFFSET_OUT_OF_RANGE', () => reader.next(1))
      reader.seek(93)
      expect(reader.next(1)).toBeUndefined()
      await log.append({ value: 'more' })
      expect(reader.next(1)).toMatchObject({ baseOffset: 93 })
    })
  })
})

describe('a start in a gap', () => {
  it.each([27, 30, 32])(
    'at offset %i is refused with the numbers, or clamped to its end',
    async (offset) => {
      await withLog(await repaired(9, 10), async (log) => {
        const error = await errorOf('OFFSET_OUT_OF_RANGE', () => log.resolveOffset(offset))
        expect(error.details).toMatchObject({ offset, from: 27, to: 33, startOffset: 33 })
        expect(log.resolveOffset(offset, { onOutOfRange: 'clamp' })).toBe(33)
      })
    },
  )

  it('is the start or the n-th from the end all the same, and then is told of', async () => {
    await withLog(await repaired(0, 9, 10, 30), async (log) => {
      const starts: readonly (readonly [StartPosition, number])[] = [
        ['first', 0],
        ['next', 93],
        [26, 26],
        [33, 33],
        [93, 93],
        [{ last: 1 }, 92],
        [{ last: 62 }, 31],
      ]
      for (const [from, offset] of starts) expect(log.resolveOffset(from)).toBe(offset)
      expect(log.reader(0).gapAt()).toEqual({ from: 0, to: 3, reason: 'damage' })
    })
  })

  it('by time begins at the gap when records of that time may have been in it', async () => {
    await withLog(await repaired(9), async (log) => {
      const [before, after] = [timeOf(log, 26), timeOf(log, 30)]
      const found = [before, before + 1, after, after + 1].map((timestampUs) =>
        log.resolveOffset({ timestampUs }),
      )
      expect(found).toEqual([24, 27, 27, 33])
      // What a stop asks for is the record.
      expect(log.offsetForTimestamp(before + 1)).toBe(30)
    })
  })
})

describe('iteration over damage', () => {
  it.each<[string, () => Promise<SimulatedStorage>, string]>([
    ['that was repaired', () => repaired(9, 20), 'OFFSET_OUT_OF_RANGE'],
    ['that was not', () => damaged('header', 9, 20), 'STREAM_CORRUPT'],
  ])('%s is an error with the range, unless somebody listens', async (_, make, code) => {
    await withLog(await make(), async (log) => {
      const offsets: number[] = []
      const failed = await errorOf(code as 'STREAM_CORRUPT', async () => {
        for await (const record of log.read({ from: 'first' })) offsets.push(record.offset)
      })
      expect(offsets).toEqual(range(0, 27))
      expect(failed.details).toMatchObject({ from: 27, to: 30 })

      const gaps: Gap[] = []
      const listening = { from: 'first', onGap: (gap: Gap) => gaps.push(gap) } as const
      expect(await offsetsOf(log, listening)).toEqual(without([27, 30], [60, 63]))
      const expected = [
        { from: 27, to: 30, reason: 'damage' },
        { from: 60, to: 63, reason: 'damage' },
      ]
      expect(gaps).toEqual(expected)
      gaps.length = 0
      const bases = [...log.batches(listening)].map(({ baseOffset }) => baseOffset)
      expect(bases.length).toBe(29)
      expect(gaps).toEqual(expected)
    })
  })

  it('stops where it was asked to, also in a gap', async () => {
    await withLog(await repaired(9), async (log) => {
      const gaps: Gap[] = []
      const options = { from: 24, to: 28, onGap: (gap: Gap) => gaps.push(gap) }
      expect(await offsetsOf(log, options)).toEqual([24, 25, 26])
      expect(await offsetsOf(log, { from: 24, to: 27 })).toEqual([24, 25, 26])
      expect(gaps).toEqual([{ from: 27, to: 30, reason: 'damage' }])
    })
  })

  it('goes on to follow the tail behind a gap at the end', async () => {
    await withLog(await repaired(30), async (log) => {
      const gaps: Gap[] = []
      const following = log.read({ from: 89, follow: true, onGap: (gap) => gaps.push(gap) })
      expect((await following.next()).value?.offset).toBe(89)
      const next = following.next()
      await log.append({ value: 'more' })
      expect((await next).value?.offset).toBe(93)
      expect(gaps).toEqual([{ from: 90, to: 93, reason: 'damage' }])
      await following.return(undefined)
    })
  })

  it('tells of retention that overtakes it, too', async () => {
    await withLog(await copyOfDisk(pristine), async (log) => {
      const gaps: Gap[] = []
      const offsets: number[] = []
      for await (const { offset } of log.read({ from: 'first', onGap: (gap) => gaps.push(gap) })) {
        if (offset === 5) await log.trim(70)
        offsets.push(offset)
      }
      // What was handed out before the trim is read to its end.
      expect(offsets).toEqual([...range(0, 21), ...range(70, RECORD_COUNT)])
      expect(gaps).toEqual([{ from: 21, to: 70, reason: 'retention' }])
    })
  })
})

describe('gaps in the life of a stream', () => {
  it('stay when it is opened again, and go when its start has passed them', async () => {
    const storage = await repaired(0, 9, 20)
    const all = [
      { from: 0, to: 3, reason: 'damage' },
      { from: 27, to: 30, reason: 'damage' },
      { from: 60, to: 63, reason: 'damage' },
    ]
    await withLog(storage, async (log) => {
      expect(log.gaps).toEqual(all)
      await log.trim(29)
      expect(log.gaps).toEqual(all.slice(1))
      expect(log.reader(log.startOffset).gapAt()).toEqual(all[1])
    })
    await withLog(storage, async (log) => {
      expect(log.gaps).toEqual(all.slice(1))
      await log.trim(30)
      expect(log.gaps).toEqual(all.slice(2))
      await log.trim(RECORD_COUNT)
      expect(log.gaps).toEqual([])
    })
    expect((await verifyStore('simulated', { storage })).isSound).toBe(true)
  })

  it('are no torn tail to an opening that has lost its recovery points', async () => {
    const storage = await repaired(9, 29)
    const disk = simulatedDisk(storage)
    for (const file of disk
      .files()
      .filter((name) => name.endsWith('.log'))
      .slice(1)) {
      await scribble(disk, file, { start: 64, end: 128 })
    }
    await withLog(storage, async (log) => {
      expect(log.endOffset).toBe(RECORD_COUNT)
      const { offsets } = await readOn(log.reader(0), log.endOffset)
      expect(offsets).toEqual(without([27, 30], [87, 90]))
    })
  })
})
