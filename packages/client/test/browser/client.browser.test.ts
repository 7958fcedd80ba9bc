/** The client in Chromium: the same promises as in Node, under a strict Content Security Policy. */

import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'

import type * as ClientPackage from '../../src/index.js'
import { CONNECTION_BYTES_MAX, ensureStream } from '../contract/faults.contract.js'
import type { FaultScenario } from '../contract/fault-scenario.js'
import { openPage } from '../support/browser.js'
import { bundle } from '../support/bundle.js'
import { startFlakyProxy } from '../support/flaky-proxy.js'
import { seededRandom, testSeed } from '../support/seeded-random.js'
import { serveReal } from '../support/serve-real.js'

/** What the page's script puts where the test can reach it. */
interface PageGlobals {
  readonly tailrace: typeof ClientPackage
  runFaultScenario(scenario: FaultScenario): Promise<string[]>
}

const SCENARIO = fileURLToPath(new URL('../contract/fault-scenario.ts', import.meta.url))

let script: string

beforeAll(async () => {
  const built = await bundle(`
    import * as tailrace from '@tailrace/client'
    import { runFaultScenario } from ${JSON.stringify(path.resolve(SCENARIO))}
    globalThis.tailrace = tailrace
    globalThis.runFaultScenario = (scenario) => runFaultScenario(tailrace, scenario)
  `)
  script = built.code
})

test('publishes and subscribes, with every codec', async () => {
  await using real = await serveReal()
  await using opened = await openPage(script)
  const seen = await opened.page.evaluate(async (url) => {
    const { connect, json, msgpack, text } = (globalThis as unknown as PageGlobals).tailrace
    const client = await connect(url)
    const results: unknown[] = []
    for (const codec of [msgpack, json, text as never]) {
      const stream = client.stream(`s-${codec.name}`, { codec })
      const value = codec.name === 'text' ? 'grüße' : { id: 1, list: ['a', null, 2.5] }
      results.push(await stream.publish(value, { key: 'k', headers: { n: 1 } }))
      for await (const record of stream.subscribe({ from: 'first', to: 'end' })) {
        results.push([record.offset, record.value, [...(record.key ?? [])], record.headers])
      }
    }
    await client.close()
    return results
  }, real.url)
  const value = { id: 1, list: ['a', null, 2.5] }
  expect(seen).toEqual([
    0,
    [0, value, [107], { n: 1 }],
    0,
    [0, value, [107], { n: 1 }],
    0,
    [0, 'grüße', [107], { n: 1 }],
  ])
  expect(opened.complaints).toEqual([])
})

test('verifies and takes every batch of a large stream', async () => {
  await using opened = await openPage(script)
  await using real = await serveReal()
  const count = await opened.page.evaluate(async (url) => {
    const { connect, raw } = (globalThis as unknown as PageGlobals).tailrace
    const client = await connect(url)
    const producer = client.stream('big', { codec: raw }).producer()
    for (let i = 0; i < 20_000; i += 1) {
      if (!producer.send(new Uint8Array(200).fill(i))) await producer.ready()
    }
    await producer.close()
    let taken = 0
    const subscription = client
      .stream('big', { codec: raw })
      .subscribe({ from: 'first', to: 'end' })
    for await (const batch of subscription.batches()) {
      for (let i = batch.firstIndex; i < batch.endIndex; i += 1) {
        if (batch.value(i)[199] === batch.offset(i) % 256) taken += 1
      }
    }
    await client.close()
    return taken
  }, real.url)
  expect(count).toBe(20_000)
})

test('says where it could not connect', async () => {
  await using opened = await openPage(script)
  const error = await opened.page.evaluate(async () => {
    const { connect } = (globalThis as unknown as PageGlobals).tailrace
    return connect('ws://127.0.0.1:1').then(
      () => 'connected',
      (error: unknown) => {
        const { code, message } = error as Error & { readonly code: string }
        return `${code}: ${message}`
      },
    )
  })
  expect(error).toMatch(/^CONNECT_FAILED: cannot connect to 127\.0\.0\.1:1: /)
})

test(`keeps its promises when connections break (seed ${testSeed()})`, async () => {
  await using real = await serveReal()
  await ensureStream(real.url)
  const proxy = {
    targetPort: real.port,
    random: seededRandom(testSeed()),
    bytesMax: CONNECTION_BYTES_MAX,
  }
  await using writers = await startFlakyProxy(proxy)
  await using readers = await startFlakyProxy(proxy)
  await using opened = await openPage(script)
  const problems = await opened.page.evaluate(
    (scenario) => (globalThis as unknown as PageGlobals).runFaultScenario(scenario),
    {
      writerUrl: writers.url,
      readerUrl: readers.url,
      recordCount: 3000,
      producerName: 'page',
    },
  )
  expect(problems).toEqual([])
  expect(writers.breakCount + readers.breakCount).toBeGreaterThan(6)
})
