/** The client of NATS JetStream, `@nats-io/jetstream`. */
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { createInbox, connect } from '@nats-io/transport-node'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Driver, DriverConnection, DriverProducer } from './driver.js'
import { Window } from './window.js'

const IN_FLIGHT_MAX = 2048
/** Messages that a consumer has asked for and not got: the default of 100 is a third as fast. */
const PULL_MESSAGES = 5000
/** An acknowledgement says {"stream":…,"seq":…}, an error {"error":{…}…}. */
const ERROR = Buffer.from('"error"')

export const nats: Driver = {
  async connect(address): Promise<DriverConnection> {
    const connection = await connect({ servers: address })
    const manager = await jetstreamManager(connection)
    return {
      async ensure(stream) {
        await manager.streams.add({ name: stream, subjects: [stream] })
      },
      async remove(stream) {
        await manager.streams.delete(stream)
      },
      count: async (stream) => (await manager.streams.info(stream)).state.messages,
      producer: (stream) => Promise.resolve(producerOf(connection, stream)),
      async read(stream, sink) {
        const consumer = await jetstream(connection).consumers.get(stream)
        const messages = await consumer.consume({
          max_messages: PULL_MESSAGES,
          callback: (message) => {
            sink.take(message.data)
          },
        })
        void messages.closed().then((error) => {
          if (error instanceof Error) sink.fail(error)
        })
        return {
          async close() {
            await messages.close()
          },
        }
      },
      close: () => connection.close(),
    }
  },
}

/**
 * Records with the address of one inbox, to which the server sends all acknowledgements, instead of one
 * request each: what a publisher in a hurry does.
 */
function producerOf(connection: NatsConnection, stream: string): DriverProducer {
  const window = new Window(IN_FLIGHT_MAX)
  const inbox = createInbox()
  let published = 0
  const acknowledgements = connection.subscribe(inbox, {
    callback: (error, message) => {
      if (error) window.fail(error)
      else if (Buffer.from(message.data).includes(ERROR)) window.fail(new Error(message.string()))
      else window.acknowledge(1)
    },
  })
  const client = jetstream(connection)
  return {
    get acknowledgedCount() {
      return window.acknowledged + published
    },
    send(value) {
      connection.publish(stream, Buffer.from(value), { reply: inbox })
      return window.add()
    },
    ready: () => window.hasRoom(),
    flush: () => window.isEmpty(),
    async publish(value) {
      await client.publish(stream, Buffer.from(value))
      published += 1
    },
    close() {
      acknowledgements.unsubscribe()
      return Promise.resolve()
    },
  }
}
