/** A process that embeds the log and looks for places in it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@tailrace/core'
import type { Log, StartPosition } from '@tailrace/core'
import { BatchBuilder, BatchView } from '@tailrace/format'
import { RecordTemplate, numberAt } from '../clients/record.js'
import { serveJobs, timed } from '../harness/actor.js'

const directory = await mkdtemp(
  join(process.env['TAILRACE_BENCH_DIR'] ?? tmpdir(), 'tailrace-bench-'),
)
const store = await openStore(directory)

interface FillJob {
  readonly stream: string
  readonly batches: number
  readonly sizeBytes: number
}
interface SeekJob {
  readonly stream: string
  readonly by: 'offset' | 'time'
  readonly seeks: number
  readonly seed: number
}

serveJobs(
  {
    /** Batches of one numbered record each. */
    fill: async ({ stream, batches, sizeBytes }: FillJob) => {
      const log = await store.ensure(stream, { durability: 'relaxed' })
      const builder = new BatchBuilder()
      const record = new RecordTemplate(sizeBytes)
      return timed(async () => {
        for (let number = 0; number < batches; number += 1) {
          builder.append(record.numbered(number))
          const batch = builder.build({ createTimeUs: 0 })
          while (!log.hasRoomFor(batch.length)) await log.makeRoom(batch.length)
          log.appendBatch(batch)
        }
      })
    },
    /** Looks for the same places twice, in the same order; the second time is timed. Microseconds. */
    seek: async ({ stream, by, seeks, seed }: SeekJob) => {
      const log = await store.open(stream)
      const targets = targetsOf(log, { by, seeks, seed })
      for (const target of targets) look(log, target)
      const times = targets.map((target) => look(log, target)).toSorted((a, b) => a - b)
      const at = (share: number): number => times[Math.floor((times.length - 1) * share)] ?? NaN
      return { p50: at(0.5), p99: at(0.99), max: at(1) }
    },
  },
  async () => {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  },
)

interface Target {
  readonly from: StartPosition
  /** The offset that has to be found. */
  readonly offset: number
}

/** How long it takes from the position to the batch, whose record is then checked. */
function look(log: Log, { from, offset }: Target): number {
  const start = performance.now()
  const run = log.reader(log.resolveOffset(from)).next(1)
  const microseconds = (performance.now() - start) * 1000
  const view = new BatchView(run?.bytes ?? new Uint8Array())
  if (view.baseOffset !== offset || numberAt(view.value(0), 0) !== offset) {
    throw new Error(`offset ${offset} was looked for, ${view.baseOffset} was found`)
  }
  return microseconds
}

/** Places all over the log. What lies at a time is worked out from the times of all batches. */
function targetsOf(log: Log, { by, seeks, seed }: Omit<SeekJob, 'stream'>): Target[] {
  const random = seededRandom(seed)
  const offsets = Array.from({ length: seeks }, () => Math.floor(random() * log.endOffset))
  if (by === 'offset') return offsets.map((offset) => ({ from: offset, offset }))
  const times: number[] = []
  const firstAt = new Map<number, number>()
  for (const batch of log.batches({ from: 'first' })) {
    const { appendTimeUs, baseOffset } = batch
    times.push(appendTimeUs)
    if (!firstAt.has(appendTimeUs)) firstAt.set(appendTimeUs, baseOffset)
  }
  return offsets.map((offset) => {
    const timestampUs = times[offset] ?? NaN
    return { from: { timestampUs }, offset: firstAt.get(timestampUs) ?? NaN }
  })
}

/** A linear congruential generator: the same places in every run. From 0 to 1, 1 excluded. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
