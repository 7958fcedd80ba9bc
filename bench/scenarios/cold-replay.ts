/**
 * A replay of a log of which nothing is in the page cache, while another client publishes and consumes.
 *
 * The log is built once and closed. In each round a new server opens it, so that nothing of it is mapped,
 * it is taken out of the page cache (where that cannot be done the report says so), and one client replays
 * everything and checks every record where it lies. Before that the server has sent a smaller stream, so that
 * its code is compiled. Beside it: the disk's own sequential read of the same files, 1 MiB
 * at a time, out of the cache before; the same replay once more, from the page cache; and how much was
 * read from the disk.
 *
 * During both replays, and once with no replay, a client process of its own has a small open load on a
 * stream of its own. Its process shares a core with the one that replays where there are two cores: so it
 * sleeps between two records, since a loop that spins would take half of that core from the replay, and what
 * it waits for besides the server shows in the replay from the page cache.
 *
 * Not measured: many clients that replay at once, other disks than the one of the temporary directory.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ActorProcess } from '../harness/actor-process.js'
import type { Timing } from '../harness/actor.js'
import { counted } from '../harness/counters.js'
import type { Scenario, ScenarioContext } from '../harness/scenario.js'
import { evictLog } from './cold-log.js'

interface Parameters {
  readonly records: number
  readonly sizeBytes: number
  readonly batchRecords: number
  /** Of the stream that is replayed first, unmeasured. */
  readonly warmUpRecords: number
  /** Of the other client, a second. */
  readonly otherRate: number
  /** Of the other client alone. */
  readonly otherSeconds: number
  /** 1: take the log out of the page cache. */
  readonly cold: number
}

interface Run {
  readonly context: ScenarioContext<Parameters>
  readonly directory: string
  readonly disk: ActorProcess
  readonly client: ActorProcess
  readonly other: ActorProcess
}
interface Latencies {
  readonly p50: number
  readonly p99: number
}

const STREAM = 'large'
const WARM_UP_STREAM = 'small'
/** The client that replays is not to be the limit. */
const WAY = 'in place'
const GIB = 2 ** 30

export const coldReplay: Scenario<Parameters> = {
  name: 'cold-replay',
  about: 'one client replays a log that is not in the page cache; another one has a small load',
  columns: [
    { key: 'gigabytesPerSecond', title: 'GB/s (min–max)', digits: 2 },
    { key: 'recordsPerSecond', title: 'M records/s', digits: 2 },
    { key: 'readGiB', title: 'GiB from disk', digits: 2 },
    { key: 'serverCpu', title: 'server CPU s/M', digits: 3 },
    { key: 'otherP50', title: 'other p50 ms', digits: 2 },
    { key: 'otherP99', title: 'p99 ms (min–max)', digits: 2, hasSpread: true },
  ],
  better: 'more',
  references: { cold: 'disk', again: 'cold' },
  wanted: [
    {
      subject: 'cold',
      figure: 'gigabytesPerSecond',
      bound: 'at least',
      value: 70,
      unit: '%',
      against: 'disk',
    },
    { subject: 'cold', figure: 'otherP99', bound: 'at most', value: 5, unit: 'ms' },
  ],
  full: {
    records: 32_000_000,
    sizeBytes: 128,
    batchRecords: 500,
    warmUpRecords: 2_000_000,
    otherRate: 1000,
    otherSeconds: 3,
    cold: 1,
  },
  small: {
    records: 20_000,
    sizeBytes: 128,
    batchRecords: 500,
    warmUpRecords: 2_000,
    otherRate: 500,
    otherSeconds: 0.3,
    cold: 0,
  },
  async run(context) {
    const directory = await context.makeDirectory()
    const { records, warmUpRecords, sizeBytes, batchRecords } = context.parameters
    const writer = await context.start('embedded-writer', 'server')
    const fill = { directory, sizeBytes, batchRecords }
    await writer.ask('fillNumbered', { ...fill, stream: STREAM, records })
    await writer.ask('fillNumbered', { ...fill, stream: WARM_UP_STREAM, records: warmUpRecords })
    await writer[Symbol.asyncDispose]()
    const run = {
      context,
      directory,
      disk: await context.start('disk', 'server'),
      client: await context.start('tailrace-client', 'client'),
      other: await context.start('tailrace-client', 'client'),
    }
    for (const round of context.rounds()) await oneRound(run, round)
  },
}

async function oneRound(run: Run, round: number): Promise<void> {
  const { context, directory, disk, client, other } = run
  const { records, warmUpRecords, sizeBytes, otherRate, otherSeconds } = context.parameters
  const path = join(directory, 'streams', STREAM)
  await evictLog(context, directory)
  const read = await disk.ask<Timing & { readonly bytes: number }>('read', { directory: path })
  const { bytes } = read
  const values = { gigabytesPerSecond: bytes / read.seconds / 1e9, readGiB: bytes / GIB }
  context.note({ subject: 'disk', values })

  const server = await context.start('directory-server', 'server')
  const { url, pid } = await server.ask<{ url: string; pid: number }>('serve', { directory })
  const load = { url, durability: 'relaxed', sizeBytes, recordsPerSecond: otherRate, sleeps: true }
  const warmUp = { url, stream: WARM_UP_STREAM, records: warmUpRecords, way: WAY }
  await client.ask<Timing>('replay', warmUp)
  await evictLog(context, directory)
  for (const subject of ['cold', 'again']) {
    const readBefore = readBytesOf(pid)
    await other.ask('startLoad', { ...load, stream: `other-${subject}-${round}` })
    const { result, used } = await counted(server, () =>
      client.ask<Timing>('replay', { url, stream: STREAM, records, way: WAY }),
    )
    const { p50, p99 } = await other.ask<Latencies>('stopLoad')
    context.note({
      subject,
      values: {
        gigabytesPerSecond: bytes / result.seconds / 1e9,
        recordsPerSecond: records / 1e6 / result.seconds,
        readGiB: (readBytesOf(pid) - readBefore) / GIB,
        serverCpu: used.cpuSeconds / (records / 1e6),
        otherP50: p50,
        otherP99: p99,
      },
    })
  }
  const alone = { ...load, stream: `other-alone-${round}`, seconds: otherSeconds }
  const { p50, p99 } = await other.ask<Latencies>('latency', alone)
  context.note({ subject: 'no replay', values: { otherP50: p50, otherP99: p99 } })
  await server[Symbol.asyncDispose]()
}

/** Bytes that a process has had read from disks so far, read-ahead included. */
function readBytesOf(pid: number): number {
  return Number(/^read_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1])
}
