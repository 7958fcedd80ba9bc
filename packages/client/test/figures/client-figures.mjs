// How fast the client is by itself: its server is a few lines in the same process that answer at once,
// so every figure is the client's own work. Needs a build.
//
//   node packages/client/test/figures/client-figures.mjs [records]

import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { BatchBuilder, commitBatch, readHeaderWord, stampBatch } from '@tailrace/format'
import {
  decodeCreditBody,
  decodeFrame,
  encodeAckFrame,
  encodeControlFrame,
  encodeFrame,
  FrameType,
  LIMITS,
} from '@tailrace/protocol'

import { connect, msgpack, raw } from '../../dist/index.js'

const RECORDS = Number(process.argv[2] ?? 2_000_000)
const VALUE_BYTES = 128
const ROUNDS = 5
const RUN_BATCHES = 4

/** A WebSocket whose other end is in the same process. */
class InstantSocket {
  readyState = 0
  protocol = 'tailrace.v1'
  bufferedAmount = 0
  #runs
  #sentBytes = 0
  #next = 0

  constructor(runs) {
    this.#runs = runs
    setImmediate(() => {
      this.readyState = 1
      this.onopen({})
    })
  }

  send(bytes) {
    const type = bytes[0]
    if (type === FrameType.PUBLISH) return this.#acknowledge(bytes)
    const frame = decodeFrame(bytes.slice())
    const { argument } = frame
    if (type === FrameType.HELLO) {
      this.#reply(FrameType.WELCOME, { argument }, welcome())
    } else if (type === FrameType.OPEN_PRODUCER) {
      this.#reply(FrameType.PRODUCER_OPENED, { argument }, opened())
    } else if (type === FrameType.SUBSCRIBE) {
      this.#reply(FrameType.SUBSCRIBED, { argument }, subscribed(this.#runs.records))
      this.#deliver(4 * 1024 * 1024)
    } else if (type === FrameType.CREDIT) {
      this.#deliver(decodeCreditBody(frame.body))
    }
  }

  close() {}

  #ordinal = 0
  #isAckScheduled = false
  #acknowledge(bytes) {
    this.#ordinal = bytes[4] + bytes[5] * 256 + bytes[6] * 65536
    if (this.#isAckScheduled) return
    this.#isAckScheduled = true
    setImmediate(() => {
      this.#isAckScheduled = false
      const entry = { channel: 1, throughOrdinal: this.#ordinal, baseOffset: 0 }
      this.#message(encodeAckFrame([{ ...entry, isDuplicate: false, isDurable: true }]))
    })
  }

  #deliver(limit) {
    const { frames, records } = this.#runs
    while (this.#next < frames.length && this.#sentBytes < limit) {
      const frame = frames[this.#next++]
      this.#sentBytes += frame.byteLength - 8
      setImmediate(() => this.#message(frame))
      if (this.#next === frames.length) {
        const end = { reason: 'stop', offset: records }
        setImmediate(() => this.#reply(FrameType.END, { channel: 1 }, end))
      }
    }
  }

  #reply(type, fields, message) {
    setImmediate(() => this.#message(encodeControlFrame(type, fields, message)))
  }

  #message(frame) {
    this.onmessage({ data: frame.buffer })
  }
}

function welcome() {
  return { protocol: 1, server: 'instant', serverId: 'instant', limits: LIMITS, features: [] }
}

function opened() {
  return {
    channel: 1,
    producerId: 1,
    producerEpoch: 1,
    lastSequence: -1,
    endOffset: 0,
    durability: 'fsync',
    epoch: 1,
  }
}

function subscribed(records) {
  return {
    channel: 1,
    startOffset: 0,
    stopOffset: records,
    epoch: 1,
    firstOffset: 0,
    visibleOffset: records,
  }
}

/** Stored batches of `records` values, in DELIVER frames of a few batches each. */
function makeRuns(records, value) {
  const builder = new BatchBuilder()
  const frames = []
  let parts = []
  let baseOffset = 0
  for (let i = 0; i < records; i += 1) {
    builder.append(value)
    if (builder.sizeBytes < 64 * 1024 && i + 1 < records) continue
    const { recordCount } = builder
    const batch = builder.build({ createTimeUs: 1 })
    const stored = new Uint8Array(batch.byteLength)
    stored.set(batch.subarray(8), 8)
    const stamp = {
      headerWord: readHeaderWord(batch),
      batchLength: batch.byteLength,
      baseOffset,
      appendTimeUs: 1,
      epoch: 1,
    }
    stampBatch(new DataView(stored.buffer), 0, stamp)
    commitBatch(new DataView(stored.buffer), 0, stamp)
    baseOffset += recordCount
    parts.push(stored)
    if (parts.length < RUN_BATCHES && i + 1 < records) continue
    frames.push(encodeFrame(FrameType.DELIVER, { channel: 1 }, Buffer.concat(parts)))
    parts = []
  }
  return { frames, records }
}

async function measure(name, run) {
  const rates = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now()
    const records = await run()
    rates.push(records / (performance.now() - start) / 1000)
  }
  rates.sort((a, b) => a - b)
  const median = rates[ROUNDS >> 1]
  const [low, high] = [rates[0], rates[ROUNDS - 1]]
  console.log(`${name.padEnd(52)} ${median.toFixed(2)} M/s (${low.toFixed(2)}–${high.toFixed(2)})`)
}

async function connectInstantly(runs) {
  return connect('ws://instant', { webSocket: () => new InstantSocket(runs) })
}

async function sendAll(codec, value) {
  const client = await connectInstantly()
  const producer = client.stream('s', { codec }).producer()
  for (let i = 0; i < RECORDS; i += 1) {
    if (!producer.send(value)) await producer.ready()
  }
  await producer.flush()
  return RECORDS
}

async function publishAll(value) {
  const client = await connectInstantly()
  const producer = client.stream('s', { codec: raw }).producer()
  const window = 1000
  const count = RECORDS / 4
  for (let i = 0; i < count; i += window) {
    const offsets = []
    for (let j = 0; j < window; j += 1) offsets.push(producer.publish(value))
    await Promise.all(offsets)
  }
  return count
}

async function takeBatches(runs, codec) {
  const client = await connectInstantly(runs)
  let visited = 0
  let bytes = 0
  for await (const batch of client.stream('s', { codec }).subscribe({ from: 'first' }).batches()) {
    for (let i = batch.firstIndex; i < batch.endIndex; i += 1) {
      bytes += batch.value(i).length ?? 1
      visited += 1
    }
  }
  if (visited !== runs.records || bytes === 0) throw new Error(`visited ${visited}`)
  return visited
}

async function takeRecords(runs, codec) {
  const client = await connectInstantly(runs)
  let visited = 0
  for await (const record of client.stream('s', { codec }).subscribe({ from: 'first' })) {
    if (record.offset !== visited) throw new Error('out of order')
    visited += 1
  }
  return visited
}

const value = new Uint8Array(VALUE_BYTES).fill(7)
const object = { id: 1, name: 'Ada', amount: 12.5, tags: ['a', 'b'] }
const runs = makeRuns(RECORDS, value)
const objectRuns = makeRuns(RECORDS / 4, msgpack.encode(object).slice())

console.log(`${RECORDS} records of ${VALUE_BYTES} B, Node ${process.version}, ${process.arch}`)
await measure('send, raw', () => sendAll(raw, value))
await measure('send, msgpack objects', () => sendAll(msgpack, object))
await measure('publish, raw, 1000 in flight, offsets awaited', () => publishAll(value))
await measure('batches(), raw, every value visited', () => takeBatches(runs, raw))
await measure('for await record, raw', () => takeRecords(runs, raw))
await measure('for await record, msgpack objects', () => takeRecords(objectRuns, msgpack))
process.exit(0)
