/** Connections that do nothing: each with a subscription that waits at the tail of a stream. */
import type { Driver, DriverConnection, DriverReader } from './driver.js'
import type { StreamJob } from './jobs.js'
import { RecordTemplate, SequenceCheck } from './record.js'

interface IdleJob extends StreamJob {
  readonly connections: number
}
interface Waiting {
  readonly connection: DriverConnection
  readonly reader: DriverReader
  readonly check: SequenceCheck
}

/** Opened a few at a time, as clients come. */
const OPENED_AT_ONCE = 50
const SIZE_BYTES = 16

/** Subscribers of a stream that is empty, until they are woken. */
export class IdleConnections {
  readonly #driver: Driver
  readonly #job: IdleJob
  readonly #waiting: readonly Waiting[]

  private constructor(driver: Driver, job: IdleJob, waiting: readonly Waiting[]) {
    this.#driver = driver
    this.#job = job
    this.#waiting = waiting
  }

  /** Makes the stream; connects and subscribes as often as the job says. */
  static async open(driver: Driver, job: IdleJob): Promise<IdleConnections> {
    const { url, stream, durability, connections } = job
    const source = await driver.connect(url)
    await source.ensure(stream, durability)
    await source.close()
    const waiting: Waiting[] = []
    while (waiting.length < connections) {
      const count = Math.min(OPENED_AT_ONCE, connections - waiting.length)
      const opened = Array.from({ length: count }, async () => {
        const check = new SequenceCheck(1)
        const connection = await driver.connect(url)
        return { connection, reader: await connection.read(stream, check), check }
      })
      waiting.push(...(await Promise.all(opened)))
    }
    return new IdleConnections(driver, job, waiting)
  }

  /** Publishes one record, waits until every subscription has had it, and closes them all. */
  async wake(): Promise<void> {
    const { url, stream } = this.#job
    const source = await this.#driver.connect(url)
    const producer = await source.producer(stream)
    await producer.publish(new RecordTemplate(SIZE_BYTES).numbered(0))
    await Promise.all(this.#waiting.map(({ check }) => check.done))
    await producer.close()
    await source.close()
    for (const { connection, reader } of this.#waiting) {
      await reader.close()
      await connection.close()
    }
  }
}
