/** A publisher of a bench, with a producer that has room when the test says so. */

import { type Client, type ProducerAck } from '@tailrace/client'
import { describe, expect, it } from 'vitest'

import { type BenchRecord } from '../../../src/bench/bench-record.js'
import { Latencies } from '../../../src/bench/latencies.js'
import { BenchPublisher } from '../../../src/bench/publisher.js'
import { nowMs } from '../../../src/io/wall-clock.js'

const NEVER = new AbortController().signal

/** Takes records, and has no room after each `roomFor` of them until `ready` resolves. */
class FakeProducer {
  readonly sent: BenchRecord[] = []
  sentCount = 0
  ready: () => Promise<void> = () => Promise.resolve()
  #onAck: ((ack: ProducerAck) => void) | undefined
  readonly #roomFor: number

  constructor(roomFor: number) {
    this.#roomFor = roomFor
  }

  open(): Promise<void> {
    return Promise.resolve()
  }

  onAck(listener: (ack: ProducerAck) => void): void {
    this.#onAck = listener
  }

  send(record: BenchRecord): boolean {
    this.sent.push({ ...record })
    this.sentCount += 1
    return this.sentCount % this.#roomFor !== 0
  }

  acknowledge(recordCount: number): void {
    this.#onAck?.({ baseOffset: 0, recordCount, isDuplicate: false, isDurable: true })
  }
}

async function open(producer: FakeProducer) {
  const client = { stream: () => ({ producer: () => producer }) } as unknown as Client
  const latencies = new Latencies()
  const fixed = {
    stream: 'bench',
    runId: 7,
    index: 2,
    sizeBytes: 100,
    batchBytes: 1000,
    bufferBytes: 8000,
  }
  const publisher = await BenchPublisher.open({ client, latencies, ...fixed })
  return { publisher, latencies }
}

describe('a publisher with a rate', () => {
  it('gives each record the time at which it was due, however late it is sent', async () => {
    const producer = new FakeProducer(10)
    const { publisher, latencies } = await open(producer)
    const startMs = nowMs() - 60_000
    const dueMs = (number: number) => startMs + number * 100
    await publisher.send({ recordsMax: 50, dueMs, stop: NEVER, deadline: NEVER })
    expect(producer.sent.map(({ number }) => number)).toEqual([...Array(50).keys()])
    expect(producer.sent.map(({ timeMs }) => timeMs)).toEqual([...Array(50).keys()].map(dueMs))
    expect(producer.sent[0]).toMatchObject({ runId: 7, publisher: 2 })
    expect(publisher.unsentCount).toBe(0)
    producer.acknowledge(20)
    producer.acknowledge(30)
    expect(latencies.count).toBe(50)
    // The last was due 4.9 s after the first, and none less than 55 s ago.
    expect(latencies.quantiles()?.p50).toBeGreaterThan(55_000)
  })

  it('sends nothing before it is due', async () => {
    const producer = new FakeProducer(Infinity)
    const { publisher } = await open(producer)
    const startMs = nowMs()
    const dueMs = (number: number) => startMs + number * 4
    await publisher.send({ recordsMax: 5, dueMs, stop: NEVER, deadline: NEVER })
    expect(nowMs()).toBeGreaterThanOrEqual(dueMs(4))
    expect(publisher.sentCount).toBe(5)
  })

  it('says at the deadline how many records that were due it could not send', async () => {
    const producer = new FakeProducer(10)
    const { publisher } = await open(producer)
    const deadline = new AbortController()
    producer.ready = () => {
      deadline.abort()
      return new Promise(() => undefined)
    }
    const startMs = nowMs() - 60_000
    const load = { recordsMax: 50, dueMs: (number: number) => startMs + number, stop: NEVER }
    await publisher.send({ ...load, deadline: deadline.signal })
    // The second ten found room: what is due and can be sent still is.
    expect(publisher.sentCount).toBe(20)
    expect(publisher.unsentCount).toBe(30)
  })
})

describe('a publisher without a rate', () => {
  it('sends as long as there is room, waits when there is none, and ends at its number', async () => {
    const producer = new FakeProducer(100)
    let waits = 0
    producer.ready = () => {
      waits += 1
      return Promise.resolve()
    }
    const { publisher, latencies } = await open(producer)
    await publisher.send({ recordsMax: 1000, dueMs: undefined, stop: NEVER, deadline: NEVER })
    expect(publisher.sentCount).toBe(1000)
    expect(waits).toBe(9)
    producer.acknowledge(1000)
    expect(latencies.count).toBe(1000)
  })

  it('ends when it is stopped, and at the deadline', async () => {
    for (const end of ['stop', 'deadline'] as const) {
      const producer = new FakeProducer(100)
      const { publisher } = await open(producer)
      const ended = new AbortController()
      producer.ready = () => {
        ended.abort()
        return new Promise(() => undefined)
      }
      const load = { recordsMax: Infinity, dueMs: undefined, stop: NEVER, deadline: NEVER }
      await publisher.send({ ...load, [end]: ended.signal })
      expect(publisher.sentCount).toBeLessThanOrEqual(200)
      expect(publisher.unsentCount).toBe(0)
    }
  })
})
