/**
 * Latency under an open load: records are due at fixed times, whatever became of the ones before.
 *
 * Each carries the time at which it was due, not the one at which it was sent, so a publisher that was
 * held up, by the server or by this process itself, counts against the latency of every record that was
 * due meanwhile (coordinated omission). Publisher and subscriber have a connection each in one process,
 * and so one clock, and one core, which they share.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { timed } from '../harness/actor.js'
import type { Timing } from '../harness/actor.js'
import { latencyHistogram, quantiles } from '../harness/latency.js'
import type { Driver } from './driver.js'
import type { PublishJob } from './jobs.js'
import { RecordTemplate, SequenceCheck, TIMED_BYTES_MIN, dueTimeOf } from './record.js'

interface LoadJob extends Omit<PublishJob, 'records'> {
  readonly recordsPerSecond: number
  /** Leaves the core to others between two records; what its timer is late then counts: a millisecond. */
  readonly sleeps?: boolean
}
interface OpenLoadJob extends LoadJob {
  /** Measured, after a tenth as long that is not. */
  readonly seconds: number
}
/** Milliseconds from due to received. */
type Latencies = Timing & ReturnType<typeof quantiles> & { readonly records: number }

/** A load that goes on until it is stopped. */
export interface RunningLoad {
  stop(): Promise<Latencies>
}

/** The most that a load goes on that nobody stops, and what of it is not measured. */
const SECONDS_MAX = 600
const WARM_UP_SECONDS = 0.1

/** Publishes and receives at that rate, for so long. */
export async function openLoad(driver: Driver, job: OpenLoadJob): Promise<Latencies> {
  return load(driver, job, { seconds: job.seconds, warmUpSeconds: job.seconds / 10 })
}

/** The same until it is stopped, at the latest after ten minutes. Resolves once it is measured. */
export async function startLoad(driver: Driver, job: LoadJob): Promise<RunningLoad> {
  const controller = new AbortController()
  const { signal } = controller
  const limits = { seconds: SECONDS_MAX, warmUpSeconds: WARM_UP_SECONDS, signal }
  let onWarm = (): void => undefined
  const warm = new Promise<void>((resolve) => {
    onWarm = resolve
  })
  const running = load(driver, job, { ...limits, onWarm })
  // Whoever stops it is told why it failed.
  running.catch(() => undefined)
  await Promise.race([warm, running])
  return {
    stop() {
      controller.abort()
      return running
    },
  }
}

interface LoadLimits {
  readonly seconds: number
  readonly warmUpSeconds: number
  /** At least one record is measured all the same. */
  readonly signal?: AbortSignal
  readonly onWarm?: () => void
}

async function load(driver: Driver, job: LoadJob, limits: LoadLimits): Promise<Latencies> {
  const { url, stream, durability, recordsPerSecond } = job
  const { seconds, warmUpSeconds, signal, onWarm } = limits
  const sizeBytes = Math.max(job.sizeBytes, TIMED_BYTES_MIN)
  const source = await driver.connect(url)
  const target = await driver.connect(url)
  await source.ensure(stream, durability)
  const histogram = latencyHistogram()
  const warmUp = Math.ceil(recordsPerSecond * warmUpSeconds)
  const most = warmUp + Math.ceil(recordsPerSecond * seconds)
  const check = new SequenceCheck(most, (value, number) => {
    if (number === warmUp) onWarm?.()
    if (number < warmUp) return
    const latencyUs = (performance.now() - dueTimeOf(value)) * 1000
    histogram.recordValue(Math.max(1, Math.round(latencyUs)))
  })
  const producer = await source.producer(stream)
  const reader = await target.read(stream, check)
  const record = new RecordTemplate(sizeBytes)
  let sent = 0
  const timing = await timed(async () => {
    const start = performance.now()
    while (sent < most && !(sent > warmUp && signal?.aborted === true)) {
      const due = Math.min(most, ((performance.now() - start) * recordsPerSecond) / 1000)
      for (; sent < due; sent += 1) {
        const dueMs = start + (sent * 1000) / recordsPerSecond
        if (!producer.send(record.timed(sent, dueMs))) await producer.ready()
      }
      // A timer is a millisecond late: the loop spins instead, and hears of arrivals in each turn.
      await (job.sleeps === true ? sleep(1) : nextTurn())
    }
    check.expect(sent)
    await check.done
    await producer.flush()
  })
  const acknowledged = producer.acknowledgedCount
  if (acknowledged !== sent) throw new Error(`${acknowledged} of ${sent} were acknowledged`)
  await reader.close()
  await producer.close()
  await source.close()
  await target.close()
  return { ...timing, ...quantiles(histogram), records: sent }
}
