import { expect, test } from 'vitest'
import { makeBatches } from '../support/batches.js'
import { serveCore, serveMemory } from '../support/serve.js'
import { FrameType, decodeCaughtUpBody } from '@tailrace/protocol'

for (const serve of [serveMemory, serveCore]) {
  for (const durability of ['fsync', 'relaxed'] as const) {
    test(`${serve.name} ${durability}: round trip`, async () => {
      await using s = await serve()
      const peer = await s.connect()
      await peer.request(FrameType.ENSURE, { stream: 'orders', config: { durability } })
      const producer = await peer.openProducer({ stream: 'orders' })
      const batches = makeBatches(producer, 10, { recordCount: 3 })
      for (const [i, b] of batches.entries()) peer.publish(producer.channel, i, b)
      const acks = await peer.acknowledged(producer.channel, 9)
      expect(acks[0]?.baseOffset).toBe(0)
      const sub = await peer.subscribe({ stream: 'orders' })
      const up = await peer.when((f) => f.type === FrameType.CAUGHT_UP && f.channel === sub.channel)
      expect(decodeCaughtUpBody(up.body)).toBe(30)
      const bytes = Buffer.concat(peer.ofType(FrameType.DELIVER).map((f) => f.body))
      expect(bytes.byteLength).toBe(batches.reduce((n, b) => n + b.byteLength, 0))
      await s.server.close()
    })
  }
}
