/**
 * A full replay by one client, of records that are in the page cache, beside a bare `ws` pair that moves
 * the same bytes. The client checks the number that every record carries, so order and completeness are
 * part of the figure. The same values are read over a bare pair in the same ways, with the same check: what
 * is then left of its rate nobody can exceed who hands values out like that.
 *
 * The first replay of a segment since it was opened verifies it (*first*); later ones do not (*again*).
 * These two take batches and ask each value of them. *Lent* does so within `forEachBatch`, whose memory is
 * used again; *in place* reads each value there where it lies in its batch, with no object for it. *Records*
 * takes one record at a time (`for await`).
 */
import type { ReadWay } from '../clients/driver.js'
import type { Timing } from '../harness/actor.js'
import { THROUGHPUT_COLUMNS } from '../harness/columns.js'
import type { Scenario } from '../harness/scenario.js'
import { bestPeer } from '../harness/wanted.js'
import type { Wanted } from '../harness/wanted.js'
import { COLUMN_BYTES, FRAME_BYTES } from './publish.js'
import { LAVINMQ } from '../peers/lavinmq.js'
import { Processes, Variants, noteThroughput, startBare, peersAgainst } from './sides.js'

interface Parameters {
  readonly records: number
  readonly sizeBytes: number
}

const WAYS: Readonly<Record<string, ReadWay>> = {
  first: 'values',
  again: 'values',
  'again, lent': 'lent',
  'again, records': 'records',
  'again, in place': 'in place',
}
/** The same over a bare pair: what no log adds to. */
const BARE_WAYS: Readonly<Record<string, ReadWay>> = {
  'bare ws, a view of each': 'values',
  'bare ws, awaited': 'records',
  'bare ws, looked at': 'in place',
}
const RATE = { figure: 'recordsPerSecond', bound: 'at least' } as const

export const replay: Scenario<Parameters> = {
  name: 'replay',
  about: 'one client replays a stream from its first record',
  columns: THROUGHPUT_COLUMNS,
  better: 'more',
  references: {
    first: 'bare ws',
    again: 'bare ws',
    'again, lent': 'bare ws',
    'again, records': 'bare ws',
    'again, in place': 'bare ws',
    ...Object.fromEntries(Object.keys(BARE_WAYS).map((subject) => [subject, 'bare ws'])),
    ...peersAgainst('again'),
  },
  limits: [
    { subject: 'again', limit: 'bare ws, a view of each' },
    { subject: 'again, lent', limit: 'bare ws, a view of each' },
    { subject: 'again, records', limit: 'bare ws, awaited' },
    { subject: 'again, in place', limit: 'bare ws, looked at' },
  ],
  wanted: [
    ...['again', 'again, lent', 'again, records', 'again, in place'].flatMap(
      (subject): Wanted[] => [
        { ...RATE, subject, value: 80, unit: '%', against: 'bare ws' },
        { ...RATE, subject, value: 8, unit: '×', against: bestPeer() },
      ],
    ),
    { subject: 'again', figure: 'serverCpu', bound: 'at most', value: 0.2, unit: 's/M' },
  ],
  elsewhere: LAVINMQ.replay,
  warmUps: 3,
  full: { records: 4_000_000, sizeBytes: 128 },
  small: { records: 20_000, sizeBytes: 128 },
  async run(context) {
    const { records, sizeBytes } = context.parameters
    const bytes = records * (sizeBytes + COLUMN_BYTES)
    const variants = await Variants.start(context, ['relaxed'])
    const { server, client, url } = await startBare(context)
    const bare = { url, bytes, frameBytes: FRAME_BYTES }
    const readers = new Processes(context)
    const numbered = { url: `${url}records?records=${records}&sizeBytes=${sizeBytes}`, records }
    for (const round of context.rounds()) {
      await variants.each(async ({ pair, durability }) => {
        const job = { url: pair.url, stream: `bench-${round}`, durability, records, sizeBytes }
        await pair.client.ask('publish', job)
        const ways: typeof WAYS = pair.name === 'tailrace' ? WAYS : { [pair.name]: 'values' }
        for (const [subject, way] of Object.entries(ways)) {
          const reader = await readers.of(`${pair.name}-client`, way)
          const work = () => reader.ask<Timing>('replay', { ...job, way })
          await noteThroughput(context, { subject, server: pair.server, records, bytes, work })
        }
        await pair.client.ask('remove', job)
      })
      const work = () => client.ask<Timing>('replay', bare)
      await noteThroughput(context, { subject: 'bare ws', server, records, bytes, work })
      for (const [subject, way] of Object.entries(BARE_WAYS)) {
        const reader = await readers.of('bare-records-client', way)
        const read = () => reader.ask<Timing>('replay', { ...numbered, way })
        await noteThroughput(context, { subject, server, records, bytes, work: read })
      }
    }
  },
}
