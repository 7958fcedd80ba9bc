/** Finding a place in a log of several segments: by offset, by time, and the first run read there. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@tailrace/core'
import type { Log } from '@tailrace/core'
import { BatchView } from '@tailrace/format'
import type { MicroBench, MicroCase } from '../micro.js'
import { producedBatch } from '../sample-batch.js'

const START_US = 1_700_000_000_000_000
const SHAPE = { records: 10, recordBytes: 128 }

export const seekBench: MicroBench = {
  name: 'core/seek',
  async open(size) {
    const [batches, lookUps] = size === 'full' ? [50_000, 200] : [500, 10]
    const parent = process.env['TAILRACE_BENCH_DIR'] ?? tmpdir()
    const directory = await mkdtemp(join(parent, 'tailrace-bench-'))
    // A microsecond for each look at it, so that every batch has a time of its own.
    let nowUs = START_US
    const clock = { nowUs: () => (nowUs += 1) }
    const store = await openStore(directory, { clock })
    const log = await store.ensure('seek', { durability: 'relaxed' })
    await fill(log, batches)
    const [firstUs, lastUs] = timesOf(log)
    const timeOf = (offset: number): number =>
      Math.round(firstUs + ((lastUs - firstUs) * offset) / log.endOffset)
    const records = batches * SHAPE.records
    const targetOf = (at: number): number => (at * 1_000_003) % records
    const looking = (name: string, find: (offset: number) => number): MicroCase => ({
      name: `${name}, ${batches} batches`,
      amount: lookUps,
      unit: 'look-up',
      run() {
        let sum = 0
        for (let at = 0; at < lookUps; at += 1) sum += find(targetOf(at))
        return sum
      },
    })
    return {
      cases: [
        looking('offset to run', (offset) => log.reader(offset).next(1)?.baseOffset ?? -1),
        looking('time to offset', (offset) => log.offsetForTimestamp(timeOf(offset)) ?? -1),
      ],
      async close() {
        await store.close()
        await rm(directory, { recursive: true })
      },
    }
  },
}

async function fill(log: Log, batches: number): Promise<void> {
  const batch = producedBatch(SHAPE)
  for (let at = 0; at < batches; at += 1) {
    while (!log.hasRoomFor(batch.length)) await log.makeRoom(batch.length)
    log.appendBatch(batch)
  }
  await log.flush()
}

/** The append times of the first and the last batch. */
function timesOf(log: Log): readonly [number, number] {
  const times = [0, log.endOffset - 1].map((offset) => {
    const run = log.reader(offset).next(1)
    if (run === undefined) throw new Error(`nothing at offset ${offset}`)
    return new BatchView(run.bytes).appendTimeUs
  })
  return [times[0] ?? 0, times[1] ?? 0]
}
