/** Tailrace's own client. */
import { connect, raw } from '@tailrace/client'
import type { Subscription } from '@tailrace/client'
import type { Driver, DriverConnection, Sink } from './driver.js'

export const tailrace: Driver = {
  async connect(address): Promise<DriverConnection> {
    const client = await connect(address)
    const streamOf = (name: string) => client.stream<Uint8Array>(name, { codec: raw })
    return {
      async ensure(stream, durability) {
        await streamOf(stream).ensure({ durability })
      },
      remove: (stream) => streamOf(stream).delete(),
      async count(stream) {
        const { startOffset, endOffset } = await streamOf(stream).describe()
        return endOffset - startOffset
      },
      async producer(stream) {
        const producer = streamOf(stream).producer()
        await producer.open()
        return producer
      },
      async read(stream, sink) {
        const subscription = streamOf(stream).subscribe({ from: 'first' })
        const ended = handOut(subscription, sink)
        await subscription.opened()
        return {
          async close() {
            await subscription.close()
            await ended
          },
        }
      },
      close: () => client.close(),
    }
  },
}

async function handOut(subscription: Subscription<Uint8Array>, sink: Sink): Promise<void> {
  try {
    for await (const batch of subscription.batches()) {
      for (let at = batch.firstIndex; at < batch.endIndex; at += 1) sink.take(batch.value(at))
    }
  } catch (error) {
    sink.fail(error as Error)
  }
}
