/**
 * Latency under an open load: records are due at fixed times, whatever became of the ones before.
 *
 * Each carries the time at which it was due, not the one at which it was sent, so a publisher that was
 * held up, by the server or by this process itself, counts against the latency of every record that was
 * due meanwhile (coordinated omission). Publisher and subscriber have a connection each in one process,
 * and so one clock, and one core, which they share.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { timed } from '../harness/actor.js'
import { latencyHistogram, quantiles } from '../harness/latency.js'
import type { Driver } from './driver.js'
import type { PublishJob } from './jobs.js'
import { RecordTemplate, SequenceCheck, TIMED_BYTES_MIN, dueTimeOf } from './record.js'

interface OpenLoadJob extends Omit<PublishJob, 'records'> {
  readonly recordsPerSecond: number
  /** Measured, after a tenth as long that is not. */
  readonly seconds: number
}

/** Publishes and receives at that rate. Milliseconds from due to received, as quantiles. */
export async function openLoad(driver: Driver, job: OpenLoadJob): Promise<object> {
  const { url, stream, durability, recordsPerSecond, seconds } = job
  const sizeBytes = Math.max(job.sizeBytes, TIMED_BYTES_MIN)
  const source = await driver.connect(url)
  const target = await driver.connect(url)
  await source.ensure(stream, durability)
  const histogram = latencyHistogram()
  const warmUp = Math.ceil((recordsPerSecond * seconds) / 10)
  const records = warmUp + Math.ceil(recordsPerSecond * seconds)
  const check = new SequenceCheck(records, (value, number) => {
    if (number < warmUp) return
    const latencyUs = (performance.now() - dueTimeOf(value)) * 1000
    histogram.recordValue(Math.max(1, Math.round(latencyUs)))
  })
  const producer = await source.producer(stream)
  const reader = await target.read(stream, check)
  const record = new RecordTemplate(sizeBytes)
  const timing = await timed(async () => {
    const start = performance.now()
    for (let sent = 0; sent < records;) {
      const due = Math.min(records, ((performance.now() - start) * recordsPerSecond) / 1000)
      for (; sent < due; sent += 1) {
        const dueMs = start + (sent * 1000) / recordsPerSecond
        if (!producer.send(record.timed(sent, dueMs))) await producer.ready()
      }
      // A timer is a millisecond late: the loop spins instead, and hears of arrivals in each turn.
      await nextTurn()
    }
    await check.done
    await producer.flush()
  })
  const acknowledged = producer.acknowledgedCount
  if (acknowledged !== records) throw new Error(`${acknowledged} of ${records} were acknowledged`)
  await reader.close()
  await producer.close()
  await source.close()
  await target.close()
  return { ...timing, ...quantiles(histogram), records }
}
