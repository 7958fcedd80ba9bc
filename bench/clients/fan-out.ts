/**
 * One publisher and many subscribers at the tail of its stream, a connection each, in one process.
 *
 * The publisher stays a bounded number of records ahead of the slowest subscriber: otherwise it would be
 * a replay.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { timed } from '../harness/actor.js'
import type { Driver, ReadWay } from './driver.js'
import type { PublishJob } from './jobs.js'
import { RecordTemplate, SequenceCheck } from './record.js'

interface FanOutJob extends PublishJob {
  readonly subscribers: number
  /** Records that the publisher may be ahead of the slowest subscriber. */
  readonly aheadMax: number
  readonly way?: ReadWay
}

/**
 * How often the publisher looks for the slowest subscriber: not each turn, which would keep the loop from
 * ever waiting, and would count as the subscribers' processor time.
 */
const LOOK_MS = 1

/** Publishes until every subscriber has had, and verified, every record. */
export async function fanOut(driver: Driver, job: FanOutJob): Promise<object> {
  const { url, stream, durability, records, sizeBytes, subscribers, aheadMax, way } = job
  const source = await driver.connect(url)
  await source.ensure(stream, durability)
  const producer = await source.producer(stream)
  const checks = Array.from({ length: subscribers }, () => new SequenceCheck(records))
  const targets = await Promise.all(checks.map(() => driver.connect(url)))
  const readers = await Promise.all(
    targets.map((target, at) => target.read(stream, checks[at] ?? new SequenceCheck(0), way)),
  )
  const done = Promise.all(checks.map((check) => check.done))
  const failures: unknown[] = []
  done.catch((error: unknown) => failures.push(error))
  const record = new RecordTemplate(sizeBytes)
  // A share of the window at a time, so that looking for the slowest does not cost much.
  const step = Math.max(1, Math.floor(aheadMax / 4))
  const timing = await timed(async () => {
    for (let sent = 0; sent < records;) {
      const end = Math.min(records, sent + step)
      for (; sent < end; sent += 1) {
        if (!producer.send(record.numbered(sent))) await producer.ready()
      }
      const isAhead = (): boolean => checks.some(({ count }) => sent - count > aheadMax - step)
      while (sent < records && isAhead() && failures.length === 0) await delay(LOOK_MS)
      if (failures.length > 0) break
    }
    await producer.flush()
    await done
  })
  for (const reader of readers) await reader.close()
  await producer.close()
  for (const connection of [source, ...targets]) await connection.close()
  return timing
}
