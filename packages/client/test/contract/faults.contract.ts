/**
 * What a client promises when connections break: run against any server that speaks the protocol.
 *
 * Connections go through a proxy that breaks them at seeded places while records are published and
 * subscribed to. Whatever happens, every publish resolves with the right offset, and the subscriber sees
 * every record once, in order.
 */

import { describe, expect, test } from 'vitest'

import * as clientPackage from '../../src/index.js'
import { startFlakyProxy } from '../support/flaky-proxy.js'
import { seededRandom, testSeed } from '../support/seeded-random.js'
import { runFaultScenario } from './fault-scenario.js'

/** A running server, made for one test. */
export interface ServerUnderTest extends AsyncDisposable {
  readonly url: string
  readonly port: number
}

const ROUNDS = 2
const RECORD_COUNT = 5000
const BREAKS_MIN = 3

/** Bytes that a connection carries at most: less than what a producer may have in flight. */
export const CONNECTION_BYTES_MAX = 40_000

/** Makes the stream of the scenario, over a connection that holds. */
export async function ensureStream(url: string): Promise<void> {
  await using client = await clientPackage.connect(url)
  await client.stream('orders').ensure()
}

/** Adds the tests to the suite that calls it. */
export function testFaults(start: () => Promise<ServerUnderTest>): void {
  const seeds = Array.from({ length: ROUNDS }, (_, round) => testSeed() * 100 + round)
  describe.each(seeds)('connections break (seed %i)', (seed) => {
    test.each([
      ['a named producer', 'billing'],
      ['an anonymous producer', undefined],
    ])('while %s publishes and a subscriber follows', async (_what, producerName) => {
      const random = seededRandom(seed)
      await using server = await start()
      await ensureStream(server.url)
      const proxy = { targetPort: server.port, random, bytesMax: CONNECTION_BYTES_MAX }
      await using writers = await startFlakyProxy(proxy)
      await using readers = await startFlakyProxy(proxy)
      const problems = await runFaultScenario(clientPackage, {
        writerUrl: writers.url,
        readerUrl: readers.url,
        recordCount: RECORD_COUNT,
        producerName,
      })
      expect(problems).toEqual([])
      expect(writers.breakCount).toBeGreaterThan(BREAKS_MIN)
      expect(readers.breakCount).toBeGreaterThan(BREAKS_MIN)
    })
  })
}
