/**
 * What the client of any system does in a scenario, and the checks of it: nothing is timed that is not
 * verified in the same run.
 */
import { timed } from '../harness/actor.js'
import type { Jobs, Timing } from '../harness/actor.js'
import { histogramOf, quantiles } from '../harness/latency.js'
import type {
  Driver,
  DriverConnection,
  DriverProducer,
  DriverReader,
  Durability,
  ReadWay,
} from './driver.js'
import { fanOut } from './fan-out.js'
import { IdleConnections } from './idle.js'
import { ManyStreams } from './many-streams.js'
import type { InTurnJob, StreamsJob } from './many-streams.js'
import { openLoad, startLoad } from './open-load.js'
import type { RunningLoad } from './open-load.js'
import { RecordTemplate, SequenceCheck } from './record.js'

/** Where. */
export interface StreamJob {
  readonly url: string
  readonly stream: string
  readonly durability: Durability
}
/** What. */
export interface PublishJob extends StreamJob {
  readonly records: number
  readonly sizeBytes: number
}
interface PublishEachJob extends PublishJob {
  /** Connections. */
  readonly publishers: number
  /** Callers of each, which wait for their record before they publish the next. */
  readonly window: number
  readonly busyPolling?: boolean
}
interface ReplayJob extends StreamJob {
  readonly records: number
  readonly way?: ReadWay
}

/** The jobs with this library. */
export function clientJobs(driver: Driver): Jobs {
  let following: Following | undefined
  let streams: ManyStreams | undefined
  let running: RunningLoad | undefined
  let idle: IdleConnections | undefined
  return {
    publish: (job: PublishJob) => publish(driver, job),
    publishEach: (job: PublishEachJob) => publishEach(driver, job),
    replay: (job: ReplayJob) => replay(driver, job),
    /** Subscribes at the tail of an empty stream and goes on in the background. */
    follow: async (job: ReplayJob) => {
      following = await follow(driver, job)
      return { pid: process.pid }
    },
    /** Waits until everything that `follow` is to see has come. */
    followed: () => given(following, 'follow').finish(),
    latency: (job: Parameters<typeof openLoad>[1]) => openLoad(driver, job),
    /** A load in the background, until `stopLoad`. */
    startLoad: async (job: Parameters<typeof startLoad>[1]) => {
      running = await startLoad(driver, job)
      return {}
    },
    stopLoad: () => given(running, 'startLoad').stop(),
    fanOut: (job: Parameters<typeof fanOut>[1]) => fanOut(driver, job),
    /** Opens connections that wait for a record, which `wake` publishes. */
    idle: async (job: Parameters<typeof IdleConnections.open>[1]) => {
      idle = await IdleConnections.open(driver, job)
      return {}
    },
    wake: async () => {
      await given(idle, 'idle').wake()
      return {}
    },
    /** Makes and opens many streams, for `publishInTurn` and `verifyStreams`. */
    openStreams: (job: StreamsJob) => {
      return timed(async () => {
        streams = await ManyStreams.open(driver, job)
      })
    },
    publishInTurn: (job: InTurnJob) => given(streams, 'openStreams').publish(job),
    verifyStreams: async () => {
      await given(streams, 'openStreams').verify()
      return {}
    },
    remove: async ({ url, stream }: StreamJob) => {
      const connection = await driver.connect(url)
      await connection.remove(stream)
      await connection.close()
      return {}
    },
  }
}

/** What an earlier job has left. */
function given<Value>(value: Value | undefined, job: string): Value {
  if (value === undefined) throw new Error(`there was no job ${job} before`)
  return value
}

interface Following {
  finish(): Promise<Timing & { readonly endEpochMs: number }>
}

async function publish(
  driver: Driver,
  job: PublishJob,
): Promise<Timing & { readonly startEpochMs: number }> {
  const { url, stream, durability, records, sizeBytes } = job
  const connection = await driver.connect(url)
  await connection.ensure(stream, durability)
  const producer = await connection.producer(stream)
  const record = new RecordTemplate(sizeBytes)
  const startEpochMs = performance.timeOrigin + performance.now()
  const timing = await timed(async () => {
    for (let at = 0; at < records; at += 1) {
      if (!producer.send(record.numbered(at))) await producer.ready()
    }
    await producer.flush()
  })
  await checkStored(connection, { stream, records, acknowledged: producer.acknowledgedCount })
  await producer.close()
  await connection.close()
  return { ...timing, startEpochMs }
}

async function publishEach(driver: Driver, job: PublishEachJob): Promise<object> {
  const { url, stream, durability, records, sizeBytes, publishers, window, busyPolling } = job
  const connections = await Promise.all(
    Array.from({ length: publishers }, () => driver.connect(url)),
  )
  await connections[0]?.ensure(stream, durability)
  const producers = await Promise.all(
    connections.map((each) => each.producer(stream, { busyPolling })),
  )
  const { value } = new RecordTemplate(sizeBytes)
  const work = { left: records, value, latenciesMs: new Float64Array(records), done: 0 }
  const timing = await timed(async () => {
    const callers = producers.flatMap((producer) =>
      Array.from({ length: window }, () => publishOneByOne(producer, work)),
    )
    await Promise.all(callers)
  })
  const acknowledged = producers.reduce((sum, each) => sum + each.acknowledgedCount, 0)
  for (const connection of connections.slice(0, 1)) {
    await checkStored(connection, { stream, records, acknowledged })
  }
  for (const producer of producers) await producer.close()
  for (const connection of connections) await connection.close()
  return { ...timing, ...quantiles(histogramOf(work.latenciesMs)) }
}

/** One caller: the next call when the last is acknowledged, until all work is taken. */
async function publishOneByOne(
  producer: DriverProducer,
  work: {
    left: number
    done: number
    readonly value: Uint8Array
    readonly latenciesMs: Float64Array
  },
): Promise<void> {
  let start = performance.now()
  while (work.left > 0) {
    work.left -= 1
    await producer.publish(work.value)
    const end = performance.now()
    // Into the histogram later: that costs as much as publishing does.
    work.latenciesMs[work.done] = end - start
    work.done += 1
    start = end
  }
}

async function replay(driver: Driver, job: ReplayJob): Promise<object> {
  const { url, stream, records, way } = job
  const connection = await driver.connect(url)
  const check = new SequenceCheck(records)
  let reader: DriverReader | undefined
  const timing = await timed(async () => {
    reader = await connection.read(stream, check, way)
    await check.done
  })
  await reader?.close()
  await connection.close()
  return { ...timing, bytes: check.bytes }
}

async function follow(driver: Driver, job: ReplayJob): Promise<Following> {
  const { url, stream, durability, records } = job
  const connection = await driver.connect(url)
  await connection.ensure(stream, durability)
  const check = new SequenceCheck(records)
  const reader = await connection.read(stream, check)
  const timing = timed(() => check.done)
  timing.catch(() => undefined)
  return {
    async finish() {
      const used = await timing
      await reader.close()
      await connection.close()
      return { ...used, endEpochMs: performance.timeOrigin + check.endMs }
    },
  }
}

async function checkStored(
  connection: DriverConnection,
  run: { readonly stream: string; readonly records: number; readonly acknowledged: number },
): Promise<void> {
  const { stream, records, acknowledged } = run
  if (acknowledged !== records) {
    throw new Error(`${acknowledged} of ${records} records were acknowledged`)
  }
  const stored = await connection.count(stream)
  if (stored !== undefined && stored !== records) {
    throw new Error(`${stored} of ${records} acknowledged records are in the stream`)
  }
}
