/**
 * What a client promises when connections break: run against any server that speaks the protocol.
 *
 * Connections go through a proxy that breaks them at seeded places while records are published and
 * subscribed to. Whatever happens, every publish resolves with the right offset, and the subscriber sees
 * every record once, in order.
 */

import { OFFSET_UNKNOWN } from '@tailrace/protocol'
import { describe, expect, test } from 'vitest'

import { connect, text, type Client, type ConnectOptions } from '../../src/index.js'
import { startFlakyProxy, type FlakyProxy } from '../support/flaky-proxy.js'
import { seededRandom, testSeed } from '../support/seeded-random.js'

/** A running server, made for one test. */
export interface ServerUnderTest extends AsyncDisposable {
  readonly url: string
  readonly port: number
}

const RECORD_COUNT = 5_000
const ROUNDS = 2
const FAST: ConnectOptions = {
  reconnect: { baseMs: 1, maxMs: 8 },
  connectTimeoutMs: 10_000,
  closeTimeoutMs: 20_000,
}

/** Connects through a proxy that may break the very first attempt. */
async function connectThrough(proxy: FlakyProxy): Promise<Client> {
  for (;;) {
    try {
      return await connect(proxy.url, FAST)
    } catch (error) {
      expect(error).toMatchObject({ code: 'CONNECT_FAILED' })
    }
  }
}

function valueOf(index: number): string {
  return `${index}:${'x'.repeat(index % 90)}`
}

/** Publishes every record, some with a promise; returns the offsets that those were given. */
async function publishAll(client: Client, name: string | undefined): Promise<Map<number, number>> {
  const stream = client.stream('orders', { codec: text })
  const producer = stream.producer({ name, batchBytesMax: 2000, bufferBytesMax: 100_000 })
  const offsets = new Map<number, number>()
  const promises: Promise<unknown>[] = []
  for (let index = 0; index < RECORD_COUNT; index += 1) {
    if (index % 5 === 0) {
      promises.push(producer.publish(valueOf(index)).then((offset) => offsets.set(index, offset)))
      if (index % 25 === 0) await producer.ready()
    } else if (!producer.send(valueOf(index))) {
      await producer.ready()
    }
  }
  await producer.close()
  await Promise.all(promises)
  expect(producer).toMatchObject({ sentCount: RECORD_COUNT, acknowledgedCount: RECORD_COUNT })
  return offsets
}

async function checkAll(client: Client, windowBytes: number): Promise<void> {
  let expected = 0
  const subscription = client
    .stream('orders', { codec: text })
    .subscribe({ from: 'first', to: RECORD_COUNT, windowBytes })
  for await (const { offset, value } of subscription) {
    if (offset !== expected || value !== valueOf(offset)) {
      expect.fail(`offset ${offset} with ${value}, expected offset ${expected}`)
    }
    expected += 1
  }
  expect(expected).toBe(RECORD_COUNT)
}

/** Adds the tests to the suite that calls it. */
export function testFaults(start: () => Promise<ServerUnderTest>): void {
  describe.each(Array.from({ length: ROUNDS }, (_, round) => testSeed() * 100 + round))(
    'connections break (seed %i)',
    (seed) => {
      test.each([
        ['a named producer', 'billing'],
        ['an anonymous producer', undefined],
      ])('while %s publishes and a subscriber follows', async (_what, name) => {
        const random = seededRandom(seed)
        await using server = await start()
        const { port: targetPort } = server
        {
          await using client = await connect(server.url)
          await client.stream('orders').ensure()
        }
        await using writers = await startFlakyProxy({ targetPort, random, bytesMax: 40_000 })
        await using readers = await startFlakyProxy({ targetPort, random, bytesMax: 40_000 })
        await using writer = await connectThrough(writers)
        await using reader = await connectThrough(readers)
        const [offsets] = await Promise.all([publishAll(writer, name), checkAll(reader, 16_384)])
        for (const [index, offset] of offsets) {
          if (offset !== OFFSET_UNKNOWN) expect(offset).toBe(index)
        }
        expect(offsets.size).toBe(RECORD_COUNT / 5)
        expect(writers.breakCount).toBeGreaterThan(3)
        expect(readers.breakCount).toBeGreaterThan(3)
        writers.heal()
        readers.heal()
      })
    },
  )
}
