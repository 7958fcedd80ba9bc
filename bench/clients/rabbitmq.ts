/**
 * RabbitMQ Streams through `rabbitmq-stream-js-client`, made to work with RabbitMQ 3.10.
 *
 * Two of its functions are replaced here. It asks for the versions of commands, which servers before 3.11
 * answer by closing the connection. And it turns every frame that it writes into an array of numbers
 * for a debug log, also when nobody logs: at 1 KiB that is most of what publishing costs it.
 */
import rabbit from 'rabbitmq-stream-js-client'
import type { Client, Publisher } from 'rabbitmq-stream-js-client'
import type { Message } from 'rabbitmq-stream-js-client/dist/publisher.js'
import policies from 'rabbitmq-stream-js-client/dist/consumer_credit_policy.js'
import connections from 'rabbitmq-stream-js-client/dist/connection.js'
import type { Driver, DriverConnection, DriverProducer, Sink } from './driver.js'
import { Window } from './window.js'

/**
 * Frames stay well below the client's limit of 1 MiB: close to it, its buffer is copied for every field
 * that is written, and 1 KiB records take a hundred times as long.
 */
const FRAME_RECORDS = 300
const IN_FLIGHT_MAX = 10_000

Object.assign(connections.Connection.prototype, {
  exchangeCommandVersions: () => Promise.resolve(),
})
Object.assign(Buffer.prototype, { toJSON: () => 'not in this process' })

/** Chunks under way; the next is asked for when one has come. */
const CREDIT = policies.creditsOnChunkReceived(10, 1)

const SILENT = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (text: string) => process.stderr.write(`${text}\n`),
}

export const rabbitmq: Driver = {
  async connect(address): Promise<DriverConnection> {
    const { hostname, port } = new URL(`tcp://${address}`)
    const login = { username: 'guest', password: 'guest', vhost: '/' }
    const client = await rabbit.connect({ hostname, port: Number(port), ...login }, SILENT)
    return {
      async ensure(stream) {
        await client.createStream({ stream, arguments: {} })
      },
      async remove(stream) {
        await client.deleteStream({ stream })
      },
      // The command that says it came with 3.11.
      count: () => Promise.resolve(undefined),
      producer: (stream) => producerOf(client, stream),
      async read(stream, sink) {
        const consumer = await client.declareConsumer(
          { stream, offset: rabbit.Offset.first(), creditPolicy: CREDIT },
          inOrder(sink),
        )
        return {
          async close() {
            await client.closeConsumer(consumer.extendedId)
          },
        }
      },
      close: () => client.close(),
    }
  },
}

/**
 * Hands records on in the order of their offsets, the first being 0.
 *
 * The client awaits something between the records of a chunk, and takes the next chunk meanwhile: with
 * more than one under way their records come mixed up.
 */
function inOrder(sink: Sink): (message: Message) => void {
  const early = new Map<number, Buffer>()
  let next = 0
  return ({ content, offset }) => {
    if (Number(offset) !== next) {
      early.set(Number(offset), content)
      return
    }
    sink.take(content)
    next += 1
    while (early.size > 0) {
      const following = early.get(next)
      if (following === undefined) return
      early.delete(next)
      sink.take(following)
      next += 1
    }
  }
}

async function producerOf(client: Client, stream: string): Promise<DriverProducer> {
  const publisher = await client.declarePublisher({ stream, maxChunkLength: FRAME_RECORDS })
  const window = new Window(IN_FLIGHT_MAX)
  const callers = new Map<bigint, () => void>()
  let last = 0n
  publisher.on('publish_confirm', (error, ids) => {
    if (error !== null) {
      window.fail(new Error(`not confirmed: code ${error}`))
      return
    }
    if (callers.size > 0) for (const id of ids) answer(callers, id)
    window.acknowledge(ids.length)
  })
  const send = (value: Uint8Array): void => {
    last += 1n
    publisher.basicSend(last, Buffer.from(value)).catch((error: unknown) => {
      window.fail(error as Error)
    })
  }
  return {
    get acknowledgedCount() {
      return window.acknowledged
    },
    send(value) {
      send(value)
      return window.add()
    },
    ready: () => window.hasRoom(),
    flush: () => window.isEmpty(),
    publish(value) {
      window.add()
      return new Promise<void>((resolve) => {
        callers.set(last + 1n, resolve)
        send(value)
      })
    },
    close: () => closePublisher(client, publisher),
  }
}

function answer(callers: Map<bigint, () => void>, id: bigint): void {
  callers.get(id)?.()
  callers.delete(id)
}

async function closePublisher(client: Client, publisher: Publisher): Promise<void> {
  await client.deletePublisher(publisher.extendedId)
}
