/**
 * One client that publishes to many streams in turn: each record goes to the next stream.
 *
 * What is not acknowledged is bounded over all streams together, as in a gateway that holds so many
 * messages and no more. With many streams a batch is therefore small. Afterwards every stream is read from
 * its first record on.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { timed } from '../harness/actor.js'
import type { Timing } from '../harness/actor.js'
import type { Driver, DriverConnection, DriverProducer, Durability } from './driver.js'
import { RecordTemplate, SequenceCheck } from './record.js'

/** Which streams. */
export interface StreamsJob {
  readonly url: string
  readonly durability: Durability
  /** `<stream>-0` and so on. */
  readonly stream: string
  readonly streams: number
}
/** What is published to all of them together. */
export interface InTurnJob {
  readonly records: number
  readonly sizeBytes: number
  /** Records of all streams that are not acknowledged. */
  readonly inFlightMax: number
}

interface Target {
  readonly name: string
  readonly connection: DriverConnection
  readonly producer: DriverProducer
}

/** Streams of one connection: it has room for 1024 channels, and reading takes some. */
const STREAMS_PER_CONNECTION = 1000
/** Requests under way at once while streams are made, opened and read. */
const REQUESTS_AT_ONCE = 20
const STALL_MS = 60_000

/** Many streams, each with a producer that stays open. */
export class ManyStreams {
  readonly #targets: readonly Target[]
  /** Records of each stream. */
  #count = 0

  private constructor(targets: readonly Target[]) {
    this.#targets = targets
  }

  /** Makes the streams and opens a producer for each. */
  static async open(driver: Driver, job: StreamsJob): Promise<ManyStreams> {
    const { url, durability, stream, streams } = job
    const targets: Target[] = []
    while (targets.length < streams) {
      const first = targets.length
      const connection = await driver.connect(url)
      const names = Array.from(
        { length: Math.min(STREAMS_PER_CONNECTION, streams - first) },
        (_, at) => `${stream}-${first + at}`,
      )
      const opened = await inGroups(names, async (name) => {
        await connection.ensure(name, durability)
        return { name, connection, producer: await connection.producer(name) }
      })
      targets.push(...opened)
    }
    return new ManyStreams(targets)
  }

  /** Publishes so many records, one to each stream in turn, until all are acknowledged. */
  async publish({ records, sizeBytes, inFlightMax }: InTurnJob): Promise<Timing> {
    const producers = this.#targets.map(({ producer }) => producer)
    const record = new RecordTemplate(sizeBytes)
    const acknowledged = new AcknowledgedSum(producers)
    const before = acknowledged.exact()
    // Half of the window at a time, so that counting does not cost much.
    const step = inFlightMax / 2
    let sent = before
    const timing = await timed(async () => {
      for (const end = before + records; sent < end; this.#count += 1) {
        const value = record.numbered(this.#count)
        for (const producer of producers) {
          if (!producer.send(value)) await producer.ready()
          sent += 1
          if (sent % step === 0) await untilAtLeast(acknowledged, sent - step)
        }
      }
      await Promise.all(producers.map((producer) => producer.flush()))
    })
    const count = acknowledged.exact() - before
    if (count !== records) throw new Error(`${count} of ${records} records were acknowledged`)
    return timing
  }

  /** Reads every stream from its first record on. */
  async verify(): Promise<void> {
    await inGroups(this.#targets, (target) => readWhole(target, this.#count))
  }
}

/** How many producers are looked at in a turn. */
const LOOKED_AT = 500

/**
 * What is acknowledged, over all producers together.
 *
 * Asking ten thousand of them in each turn would take more of the client's core than publishing. So a turn asks
 * some of them and takes the others to be where they were: the sum is never too large, and the window never
 * wider than it is said to be.
 */
class AcknowledgedSum {
  readonly #producers: readonly DriverProducer[]
  readonly #counts: number[]
  #sum = 0
  #next = 0

  constructor(producers: readonly DriverProducer[]) {
    this.#producers = producers
    this.#counts = producers.map(() => 0)
  }

  /** Asks all of them. */
  exact(): number {
    return this.#look(this.#producers.length, Infinity)
  }

  /** Asks some of them. */
  isAtLeast(wanted: number): boolean {
    return this.#look(LOOKED_AT, wanted) >= wanted
  }

  #look(countMax: number, wanted: number): number {
    for (let looks = 0; looks < countMax && this.#sum < wanted; looks += 1) {
      const at = this.#next
      this.#next = (at + 1) % this.#producers.length
      const count = this.#producers[at]?.acknowledgedCount ?? 0
      this.#sum += count - (this.#counts[at] ?? 0)
      this.#counts[at] = count
    }
    return this.#sum
  }
}

async function untilAtLeast(acknowledged: AcknowledgedSum, wanted: number): Promise<void> {
  const start = performance.now()
  while (!acknowledged.isAtLeast(wanted)) {
    if (performance.now() - start > STALL_MS) throw new Error('no acknowledgement comes any more')
    await nextTurn()
  }
}

async function readWhole({ name, connection }: Target, count: number): Promise<void> {
  const check = new SequenceCheck(count)
  const reader = await connection.read(name, check)
  await check.done
  await reader.close()
  const stored = await connection.count(name)
  if (stored !== undefined && stored !== count) {
    throw new Error(`${stored} of ${count} acknowledged records are in stream ${name}`)
  }
}

async function inGroups<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let at = 0; at < items.length; at += REQUESTS_AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + REQUESTS_AT_ONCE).map(work))))
  }
  return results
}
