/**
 * The log without a server: appending and reading in one process, in `relaxed` mode.
 *
 * Appended one by one, a record is a call of its own: without waiting for 1024 calls, and each waited for
 * before the next. Reading visits every record of the stream that was written in batches, as bytes of its
 * own (`value`) and where they lie (`valueStart`); the first time each batch is verified.
 *
 * Beside it the least that has to be done with no log, by the same process: writing the same bytes, unsynced,
 * into a file that has its blocks, from one buffer, with a checksum of each batch, and with each value copied into its
 * place before; an array for each value of that file, and a look at each where it lies.
 */
import type { ActorProcess } from '../harness/actor-process.js'
import type { Timing } from '../harness/actor.js'
import type { Scenario } from '../harness/scenario.js'

interface Parameters {
  readonly records: number
  readonly sizeBytes: number
  readonly batchRecords: number
}

const RATE = { figure: 'recordsPerSecond', bound: 'at least', unit: 'M/s' } as const

const COPIED = 'copy, checksum and pwrite'
const VIEWS = 'views'
const LOOKED_AT = 'looked at'
/** What is done to a batch before it is written. */
const WRITES = {
  pwrite: { isCopied: false, isChecked: false },
  'checksum and pwrite': { isCopied: false, isChecked: true },
  [COPIED]: { isCopied: true, isChecked: true },
} as const

export const embedded: Scenario<Parameters> = {
  name: 'embedded',
  about: 'one process appends to a log and reads it, no server between',
  columns: [
    { key: 'recordsPerSecond', title: 'M records/s (min–max)', digits: 2 },
    { key: 'cpu', title: 'CPU s/M', digits: 3 },
  ],
  better: 'more',
  references: {
    'append, in batches': COPIED,
    'read values, again': VIEWS,
    'read in place': LOOKED_AT,
  },
  wanted: [
    { ...RATE, subject: 'append, in batches', value: 10 },
    { ...RATE, subject: 'append, one by one', value: 1.5 },
    { ...RATE, subject: 'read values, again', value: 40 },
    { ...RATE, subject: 'read in place', value: 40 },
  ],
  warmUps: 3,
  full: { records: 4_000_000, sizeBytes: 128, batchRecords: 500 },
  small: { records: 20_000, sizeBytes: 128, batchRecords: 500 },
  async run(context) {
    const { records, sizeBytes, batchRecords } = context.parameters
    // As of `Processes` in sides.ts.
    const [log, singles, least] = [
      await context.start('embedded-log', 'server'),
      await context.start('embedded-log', 'server'),
      await context.start('embedded-log', 'server'),
    ]
    const note = async (
      subject: string,
      count: number,
      work: () => Promise<Timing>,
    ): Promise<void> => {
      await context.settle()
      const { seconds, cpuSeconds } = await work()
      const millions = count / 1e6
      const values = { recordsPerSecond: millions / seconds, cpu: cpuSeconds / millions }
      context.note({ subject, values })
    }
    for (const round of context.rounds()) {
      const append = (to: ActorProcess, stream: string, shape: object): Promise<Timing> =>
        to.ask('append', { stream, records, sizeBytes, ...shape })
      const [stream, single, awaited] = [`batches-${round}`, `single-${round}`, `awaited-${round}`]
      const batches = { batchRecords, window: 16 }
      await note('append, in batches', records, () => append(log, stream, batches))
      const each = { batchRecords: 1, window: 1024 }
      await note('append, one by one', records, () => append(singles, single, each))
      const tenth = records / 10
      const oneAtATime = { records: tenth, batchRecords: 1, window: 1 }
      await note('append, each awaited', tenth, () => append(singles, awaited, oneAtATime))
      await note('read values, first', records, () => log.ask('read', { stream, records }))
      await note('read values, again', records, () => log.ask('read', { stream, records }))
      await note('read in place', records, () => log.ask('visit', { stream, records }))
      await log.ask('remove', { stream })
      for (const name of [single, awaited]) await singles.ask('remove', { stream: name })
      const job = { records, sizeBytes, batchRecords }
      for (const [subject, how] of Object.entries(WRITES)) {
        await note(subject, records, () => least.ask('writeFrames', { ...job, ...how }))
        if (subject === COPIED) {
          await note(VIEWS, records, () => least.ask('viewEach', job))
          await note(LOOKED_AT, records, () => least.ask('lookAtEach', job))
        }
        await least.ask('removeFrames')
      }
    }
  },
}
