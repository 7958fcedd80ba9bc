/**
 * Opening a large log after its process was killed: time, and what had to be read from the disk.
 *
 * The log is built once. In each round a process appends some more, leaves 4 MiB that no sync has seen,
 * and is killed; the page cache is emptied, where that is allowed, and another process opens the log.
 * Beside it the disk is read sequentially.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Timing } from '../harness/actor.js'
import { dropPageCache } from '../harness/page-cache.js'
import type { Scenario } from '../harness/scenario.js'

interface Parameters {
  readonly logBytes: number
  /** Appended in each round before the kill. */
  readonly roundBytes: number
  readonly batchRecords: number
  readonly sizeBytes: number
  /** 1: empty the page cache of the whole machine before each opening. */
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
    const { logBytes, roundBytes, cold, ...shape } = context.parameters
    const directory = await mkdtemp(
      join(process.env['TAILRACE_BENCH_DIR'] ?? tmpdir(), 'tailrace-bench-'),
    )
    try {
      for (const round of context.rounds()) {
        const writer = await context.start('embedded-writer', 'server')
        const bytes = round === 0 ? logBytes : roundBytes
        const filled = await writer.ask<Filled>('fill', {
          directory,
          stream: STREAM,
          bytes,
          ...shape,
        })
        await writer.kill()
        if (cold === 0 || !dropPageCache()) {
          context.remark('the page cache was not emptied: what is in it is not read from the disk')
        }
        const opener = await context.start('embedded-opener', 'server')
        const opened = await opener.ask<Opened>('open', { directory, stream: STREAM })
        if (opened.endOffset !== filled.endOffset) {
          throw new Error(`${opened.endOffset} of ${filled.endOffset} records survived the kill`)
        }
        context.note({
          subject: 'reopen',
          values: {
            milliseconds: opened.seconds * 1000,
            readMiB: opened.bytesRead / MIB,
            logGiB: filled.sizeBytes / 2 ** 30,
            megabytesPerSecond: opened.bytesRead / opened.seconds / 1e6,
          },
        })
        if (cold !== 0) dropPageCache()
        const read = await opener.ask<Timing & { readonly bytes: number }>('read', {
          directory: join(directory, 'streams', STREAM),
          bytes: logBytes / 10,
        })
        context.note({
          subject: 'reading a tenth of it',
          values: {
            milliseconds: read.seconds * 1000,
            readMiB: read.bytes / MIB,
            logGiB: filled.sizeBytes / 2 ** 30,
            megabytesPerSecond: read.bytes / read.seconds / 1e6,
          },
        })
        await opener[Symbol.asyncDispose]()
      }
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  },
}
