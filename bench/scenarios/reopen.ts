/**
 * Opening a large log after its process was killed: time, and what had to be read from the disk.
 *
 * The log is built once. In each round a process appends some more, leaves 4 MiB that no sync has seen,
 * and is killed; the log is taken out of the page cache, and another process opens it.
 * Beside it the disk is read sequentially.
 */
import { join } from 'node:path'
import type { Timing } from '../harness/actor.js'
import type { Scenario } from '../harness/scenario.js'
import { evictLog } from './cold-log.js'

interface Parameters {
  readonly logBytes: number
  /** Appended in each round before the kill. */
  readonly roundBytes: number
  readonly batchRecords: number
  readonly sizeBytes: number
  /** 1: take the log out of the page cache before each opening. */
  readonly cold: number
}

interface Filled extends Timing {
  readonly endOffset: number
  readonly sizeBytes: number
}
interface Opened extends Timing {
  readonly endOffset: number
  readonly bytesRead: number
}

const STREAM = 'large'
const MIB = 2 ** 20

export const reopen: Scenario<Parameters> = {
  name: 'reopen',
  about: 'a log whose process was killed is opened again, nothing of it in the page cache',
  columns: [
    { key: 'milliseconds', title: 'ms (min–max)', digits: 1 },
    { key: 'readMiB', title: 'MiB read (min–max)', digits: 1, hasSpread: true },
    { key: 'logGiB', title: 'GiB log', digits: 2 },
    { key: 'megabytesPerSecond', title: 'MB/s', digits: 0 },
  ],
  better: 'less',
  references: {},
  full: {
    logBytes: 10 * 2 ** 30,
    roundBytes: 96 * MIB,
    batchRecords: 500,
    sizeBytes: 128,
    cold: 1,
  },
  small: { logBytes: 4 * MIB, roundBytes: MIB, batchRecords: 500, sizeBytes: 128, cold: 0 },
  async run(context) {
    const { logBytes, roundBytes, batchRecords, sizeBytes } = context.parameters
    const directory = await context.makeDirectory()
    for (const round of context.rounds()) {
      const writer = await context.start('embedded-writer', 'server')
      const bytes = round === 0 ? logBytes : roundBytes
      const job = { directory, stream: STREAM, bytes, batchRecords, sizeBytes }
      const filled = await writer.ask<Filled>('fill', job)
      await writer.kill()
      const opener = await context.start('embedded-opener', 'server')
      await evictLog(context, directory)
      const opened = await opener.ask<Opened>('open', { directory, stream: STREAM })
      if (opened.endOffset !== filled.endOffset) {
        throw new Error(`${opened.endOffset} of ${filled.endOffset} records survived the kill`)
      }
      const note = (subject: string, { seconds }: Timing, bytesRead: number): void => {
        const values = {
          milliseconds: seconds * 1000,
          readMiB: bytesRead / MIB,
          logGiB: filled.sizeBytes / 2 ** 30,
          megabytesPerSecond: bytesRead / seconds / 1e6,
        }
        context.note({ subject, values })
      }
      note('reopen', opened, opened.bytesRead)
      await evictLog(context, directory)
      const read = await opener.ask<Timing & { readonly bytes: number }>('read', {
        directory: join(directory, 'streams', STREAM),
        bytes: logBytes / 10,
      })
      note('reading a tenth of it', read, read.bytes)
      await opener[Symbol.asyncDispose]()
    }
  },
}
