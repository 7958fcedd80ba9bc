// Publishers as a process of their own, with the client as any application has it.
//
// Arguments: the server's URL, and the lanes as JSON. A lane is one producer on one stream; its records say
// "<lane> <sequence> <filling>". Messages: `{ grant: n }` lets every lane publish n more, `{ finish: true }`
// ends when all is acknowledged. Says over IPC that it is connected, what was acknowledged, and how often the
// connection was lost.

import process from 'node:process'
import { connect, OFFSET_UNKNOWN, raw } from '@tailrace/client'

const [url, lanes] = process.argv.slice(2)
const client = await connect(url, { reconnect: { baseMs: 4, maxMs: 40 } })
client.onState(({ state }) => {
  if (state === 'reconnecting') process.send({ lost: true })
})
process.send({ connected: true })
// The test is over, or has failed.
process.on('disconnect', () => process.exit())

let granted = 0
let isFinished = false
let wake = () => {}
let granting = new Promise((resolve) => (wake = resolve))
process.on('message', ({ grant = 0, finish = false }) => {
  granted += grant
  isFinished ||= finish
  const woken = wake
  granting = new Promise((resolve) => (wake = resolve))
  woken()
})

const encoder = new TextEncoder()
await Promise.all(JSON.parse(lanes).map(run))
await client.close()
process.disconnect()

async function run({ lane, stream, options, size }) {
  const { durability, segmentBytesMax } = stream
  const opened = client.stream(stream.name, { codec: raw })
  await opened.ensure({ durability, segmentBytesMax })
  const take = options === undefined ? byPromise(lane, opened) : byProducer(lane, opened, options)
  for (let sequence = 0; ; sequence += 1) {
    while (sequence === granted && !isFinished) await granting
    if (sequence === granted) break
    const filling = '.'.repeat((sequence * size) % 900)
    await take.record(encoder.encode(`${lane} ${sequence} ${filling}`), sequence)
  }
  await take.end()
}

/** Each record with a promise of its own, all of them through the client's shared producer. */
function byPromise(lane, stream) {
  const waiting = new Set()
  return {
    async record(value, firstSequence) {
      const published = stream.publish(value).then((baseOffset) => {
        waiting.delete(published)
        say({ lane, firstSequence, recordCount: 1, baseOffset, isDuplicate: false })
      })
      waiting.add(published)
      if (waiting.size >= 16) await Promise.race(waiting)
    },
    async end() {
      await Promise.all(waiting)
    },
  }
}

/** Records without promises, acknowledged batch by batch. */
function byProducer(lane, stream, options) {
  const producer = stream.producer(options)
  let firstSequence = 0
  producer.onAck(({ baseOffset, recordCount, isDuplicate }) => {
    say({ lane, firstSequence, recordCount, baseOffset, isDuplicate })
    firstSequence += recordCount
  })
  return {
    async record(value) {
      if (!producer.send(value)) await producer.ready()
    },
    async end() {
      await producer.close()
      if (options.name === undefined) return
      const { lastSequence } = await stream.producer(options).open()
      process.send({ lane, lastSequence })
    },
  }
}

function say(acknowledged) {
  const { baseOffset } = acknowledged
  process.send({ ...acknowledged, baseOffset: baseOffset === OFFSET_UNKNOWN ? -1 : baseOffset })
}
