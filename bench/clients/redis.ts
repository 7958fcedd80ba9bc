/** Redis Streams through `ioredis`. */
import { Redis } from 'ioredis'
import type { ChainableCommander } from 'ioredis'
import type { Driver, DriverConnection, DriverProducer, DriverReader, Sink } from './driver.js'
import { Window } from './window.js'

const PIPELINE_RECORDS = 1000
const IN_FLIGHT_MAX = 4 * PIPELINE_RECORDS
const READ_RECORDS = 1000
const FIELD = 'v'

/** Per entry its id and its fields with their values. */
type Entries = [id: Buffer, fields: [name: Buffer, value: Buffer]][]

export const redis: Driver = {
  async connect(address): Promise<DriverConnection> {
    const { hostname, port } = new URL(`redis://${address}`)
    const open = async (enableAutoPipelining: boolean): Promise<Redis> => {
      const client = new Redis({
        host: hostname,
        port: Number(port),
        lazyConnect: true,
        enableAutoPipelining,
      })
      await client.connect()
      return client
    }
    const client = await open(true)
    return {
      // A stream comes into being with its first record.
      ensure: () => Promise.resolve(),
      async remove(stream) {
        await client.unlink(stream)
      },
      count: (stream) => client.xlen(stream),
      producer: (stream) => Promise.resolve(producerOf(client, stream)),
      // Waiting for records blocks the connection.
      read: async (stream, sink) => readerOf(await open(false), stream, sink),
      close: () => {
        client.disconnect()
        return Promise.resolve()
      },
    }
  },
}

function readerOf(client: Redis, stream: string, sink: Sink): DriverReader {
  let isClosed = false
  const request = (after: Buffer | string) =>
    client.xreadBuffer('COUNT', READ_RECORDS, 'BLOCK', 0, 'STREAMS', stream, after)
  const run = async (): Promise<void> => {
    let reply = request('0-0')
    while (!isClosed) {
      const entries = (await reply)?.[0]?.[1] as Entries | undefined
      const last = entries?.at(-1)
      if (entries === undefined || last === undefined) throw new Error('XREAD came back empty')
      reply = request(last[0])
      // Its failure is seen in the next turn of the loop, unless there is none.
      reply.catch(() => undefined)
      for (const [, fields] of entries) sink.take(fields[1])
    }
  }
  run().catch((error: unknown) => {
    if (!isClosed) sink.fail(error as Error)
  })
  return {
    close() {
      isClosed = true
      client.disconnect()
      return Promise.resolve()
    },
  }
}

function producerOf(client: Redis, stream: string): DriverProducer {
  const window = new Window(IN_FLIGHT_MAX)
  let published = 0
  let pipeline: ChainableCommander | undefined
  let count = 0
  const write = (): void => {
    const results = pipeline?.exec()
    const written = count
    pipeline = undefined
    count = 0
    results?.then(
      (replies) => {
        const error = replies?.find(([each]) => each !== null)?.[0]
        if (error) window.fail(error)
        else window.acknowledge(written)
      },
      (error: unknown) => {
        window.fail(error as Error)
      },
    )
  }
  return {
    get acknowledgedCount() {
      return window.acknowledged + published
    },
    send(value) {
      if (pipeline === undefined) {
        pipeline = client.pipeline()
        // What one turn of the event loop sends goes out at its end.
        process.nextTick(write)
      }
      pipeline.xadd(stream, '*', FIELD, Buffer.from(value))
      count += 1
      if (count === PIPELINE_RECORDS) write()
      return window.add()
    },
    ready: () => window.hasRoom(),
    flush: () => window.isEmpty(),
    async publish(value) {
      await client.xadd(stream, '*', FIELD, Buffer.from(value))
      published += 1
    },
    close: () => Promise.resolve(),
  }
}
