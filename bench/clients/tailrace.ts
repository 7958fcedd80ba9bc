/** Tailrace's own client. */
import { connect, raw } from '@tailrace/client'
import type { RecordBatch, Subscription } from '@tailrace/client'
import type { Driver, DriverConnection, ReadWay, Sink } from './driver.js'

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
      async producer(stream, settings) {
        const producer = streamOf(stream).producer(settings)
        await producer.open()
        return producer
      },
      async read(stream, sink, way = 'values') {
        const subscription = streamOf(stream).subscribe({ from: 'first' })
        const ended = handOut(subscription, sink, way)
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

async function handOut(
  subscription: Subscription<Uint8Array>,
  sink: Sink,
  way: ReadWay,
): Promise<void> {
  try {
    await READ[way](subscription, sink)
  } catch (error) {
    sink.fail(error as Error)
  }
}

function takeEach(batch: RecordBatch<Uint8Array>, sink: Sink): void {
  for (let at = batch.firstIndex; at < batch.endIndex; at += 1) sink.take(batch.value(at))
}

const READ: Record<ReadWay, (from: Subscription<Uint8Array>, sink: Sink) => Promise<void>> = {
  async values(subscription, sink) {
    for await (const batch of subscription.batches()) takeEach(batch, sink)
  },
  async records(subscription, sink) {
    for await (const record of subscription) sink.take(record.value)
  },
  lent: (subscription, sink) => subscription.forEachBatch((batch) => takeEach(batch, sink)),
  'in place': (subscription, sink) =>
    subscription.forEachBatch(({ view, firstIndex, endIndex }) => {
      const bytes = view.bytes()
      const { position } = view
      for (let at = firstIndex; at < endIndex; at += 1) {
        sink.takeAt(bytes, view.valueStart(at) - position, view.valueEnd(at) - position)
      }
    }),
}
