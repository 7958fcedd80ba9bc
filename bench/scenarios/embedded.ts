/**
 * The log without a server: appending and reading in one process, in `relaxed` mode.
 *
 * Appended one by one, a record is a call of its own: without waiting for 1024 calls, and each waited for
 * before the next. Reading visits every record of the stream that was written in batches, as bytes of its
 * own (`value`) and where they lie (`valueStart`); the first time each batch is verified.
 */
import type { Timing } from '../harness/actor.js'
import type { Scenario } from '../harness/scenario.js'

interface Parameters {
  readonly records: number
  readonly sizeBytes: number
  readonly batchRecords: number
}

const RATE = { figure: 'recordsPerSecond', bound: 'at least', unit: 'M/s' } as const

export const embedded: Scenario<Parameters> = {
  name: 'embedded',
  about: 'one process appends to a log and reads it, no server between',
  columns: [
    { key: 'recordsPerSecond', title: 'M records/s (min–max)', digits: 2 },
    { key: 'cpu', title: 'CPU s/M', digits: 3 },
  ],
  better: 'more',
  references: {},
  wanted: [
    { ...RATE, subject: 'append, in batches', value: 10 },
    { ...RATE, subject: 'append, one by one', value: 1.5 },
    { ...RATE, subject: 'read values, again', value: 40 },
    { ...RATE, subject: 'read in place', value: 40 },
  ],
  full: { records: 4_000_000, sizeBytes: 128, batchRecords: 500 },
  small: { records: 20_000, sizeBytes: 128, batchRecords: 500 },
  async run(context) {
    const { records, sizeBytes, batchRecords } = context.parameters
    const log = await context.start('embedded-log', 'server')
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
      const append = (stream: string, count: number, shape: object): Promise<Timing> =>
        log.ask('append', { stream, records: count, sizeBytes, ...shape })
      const [stream, single, awaited] = [`batches-${round}`, `single-${round}`, `awaited-${round}`]
      const batches = { batchRecords, window: 16 }
      await note('append, in batches', records, () => append(stream, records, batches))
      const each = { batchRecords: 1, window: 1024 }
      await note('append, one by one', records, () => append(single, records, each))
      const tenth = records / 10
      const oneAtATime = { batchRecords: 1, window: 1 }
      await note('append, each awaited', tenth, () => append(awaited, tenth, oneAtATime))
      await note('read values, first', records, () => log.ask('read', { stream, records }))
      await note('read values, again', records, () => log.ask('read', { stream, records }))
      await note('read in place', records, () => log.ask('visit', { stream, records }))
      for (const name of [stream, single, awaited]) await log.ask('remove', { stream: name })
    }
  },
}
