/**
 * From an offset or a time to the record that lies there, embedded, in a log of few batches and of many.
 *
 * A seek is `resolveOffset` and the first batch of a reader. Each batch holds one record, which is the
 * hardest: the index has an entry every 16 KiB, and what lies between is walked batch by batch. Places
 * all over the log are looked for twice and the second time counts, so index, pages and checks are warm.
 * Each record found is checked. A time is that of a batch; several batches may share it, and the first of
 * them has to be found.
 */
import type { Timing } from '../harness/actor.js'
import type { Scenario } from '../harness/scenario.js'

interface Parameters {
  /** Batches of two logs. */
  readonly few: number
  readonly many: number
  readonly seeks: number
  readonly sizeBytes: number
}

interface Seeks {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

const BY = ['offset', 'time'] as const
const SIZES = ['few', 'many'] as const
const AT_MOST_50 = { bound: 'at most', value: 50, unit: 'µs' } as const

export const seek: Scenario<Parameters> = {
  name: 'seek',
  about: 'from an offset or a time to its record, in logs of few and of many batches',
  columns: [
    { key: 'p50', title: 'p50 µs (min–max)', digits: 2 },
    { key: 'p99', title: 'p99 µs (min–max)', digits: 2, hasSpread: true },
    { key: 'max', title: 'max µs', digits: 0 },
  ],
  better: 'less',
  references: Object.fromEntries(BY.map((by) => [`by ${by}, many`, `by ${by}, few`])),
  wanted: BY.flatMap((by) =>
    ['p50', 'p99'].map((figure) => ({ ...AT_MOST_50, subject: `by ${by}, many`, figure })),
  ),
  full: { few: 1000, many: 1_000_000, seeks: 20_000, sizeBytes: 16 },
  small: { few: 10, many: 1000, seeks: 200, sizeBytes: 16 },
  async run(context) {
    const { few, many, seeks, sizeBytes } = context.parameters
    const log = await context.start('embedded-seeker', 'server')
    for (const [stream, batches] of Object.entries({ few, many })) {
      await log.ask<Timing>('fill', { stream, batches, sizeBytes })
    }
    for (const round of context.rounds()) {
      for (const by of BY) {
        for (const stream of SIZES) {
          const job = { stream, by, seeks, seed: round + 1 }
          const { p50, p99, max } = await log.ask<Seeks>('seek', job)
          context.note({ subject: `by ${by}, ${stream}`, values: { p50, p99, max } })
        }
      }
    }
  },
}
