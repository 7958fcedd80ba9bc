/**
 * Publishing and subscribing while connections break: the part that runs in Node and in a page alike.
 *
 * Imports nothing but types; the client comes in as an argument. Returns what went wrong, in sentences.
 */

import type * as ClientPackage from '../../src/index.js'

/** What a run needs. */
export interface FaultScenario {
  /** Addresses of two proxies that break connections. */
  readonly writerUrl: string
  readonly readerUrl: string
  readonly recordCount: number
  /** Undefined for an anonymous producer. */
  readonly producerName: string | undefined
}

const FAST = { reconnect: { baseMs: 1, maxMs: 8 }, closeTimeoutMs: 20_000 }

/** Runs a scenario; an empty array means that every promise was kept. */
export async function runFaultScenario(
  { connect, text, OFFSET_UNKNOWN }: typeof ClientPackage,
  scenario: FaultScenario,
): Promise<string[]> {
  const problems: string[] = []

  /** Connects through a proxy that may break the very first attempt. */
  async function connectThrough(url: string): Promise<ClientPackage.Client> {
    for (;;) {
      try {
        return await connect(url, FAST)
      } catch (error) {
        const { code } = error as { code?: unknown }
        if (code !== 'CONNECT_FAILED') throw error
      }
    }
  }

  function checkOffset(index: number, offset: number): void {
    if (offset === index || offset === OFFSET_UNKNOWN) return
    problems.push(`record ${index} was published with offset ${offset}`)
  }

  async function publishAll(): Promise<void> {
    const client = await connectThrough(scenario.writerUrl)
    const producer = client.stream('orders', { codec: text }).producer({
      name: scenario.producerName,
      batchBytesMax: 2000,
      bufferBytesMax: 100_000,
    })
    const published: Promise<void>[] = []
    for (let index = 0; index < scenario.recordCount; index += 1) {
      if (index % 5 === 0) {
        published.push(producer.publish(valueOf(index)).then((at) => checkOffset(index, at)))
        if (index % 25 === 0) await producer.ready()
      } else if (!producer.send(valueOf(index))) {
        await producer.ready()
      }
    }
    await producer.close()
    await Promise.all(published)
    if (producer.acknowledgedCount !== scenario.recordCount) {
      problems.push(`${producer.acknowledgedCount} records were acknowledged`)
    }
    await client.close()
  }

  async function takeAll(): Promise<void> {
    const client = await connectThrough(scenario.readerUrl)
    const subscription = client
      .stream('orders', { codec: text })
      .subscribe({ from: 'first', to: scenario.recordCount, windowBytes: 16_384 })
    let expected = 0
    for await (const { offset, value } of subscription) {
      if (offset !== expected) problems.push(`offset ${offset} came, ${expected} was due`)
      if (value !== valueOf(offset)) problems.push(`offset ${offset} has the value ${value}`)
      expected = offset + 1
      if (problems.length > 10) break
    }
    if (expected !== scenario.recordCount) problems.push(`the last offset was ${expected - 1}`)
    await client.close()
  }

  await Promise.all([publishAll(), takeAll()])
  return problems
}

function valueOf(index: number): string {
  return `${index}:${'x'.repeat(index % 90)}`
}
