// Appends as fast as it can as several producers, and says over IPC what was acknowledged.
//
// Run by the kill test as a process of its own, with the data directory and the durability as arguments.
// Every record says who wrote it and as which of that producer's: "<producer> <sequence>".

import process from 'node:process'
import { openStore } from '@tailrace/core'
import { BatchBuilder } from '@tailrace/format'

const [directory, durability] = process.argv.slice(2)
const NAMES = ['alpha', 'beta', 'gamma']
const RECORDS_PER_BATCH_MAX = 5
const BATCHES_AHEAD = 8

const store = await openStore(directory)
const log = await store.ensure('killed', { durability, segmentBytesMax: '64KiB' })
/** Batches that were appended and not yet acknowledged, in order of offset. */
const waiting = []

log.onDurable(acknowledge)
for (const name of NAMES) void run(name)

async function run(name) {
  const { producerId, producerEpoch, lastSequence } = log.openProducer({ name })
  const builder = new BatchBuilder()
  let sequence = lastSequence + 1
  for (;;) {
    for (let count = 0; count < BATCHES_AHEAD; count += 1) {
      const recordCount = 1 + (sequence % RECORDS_PER_BATCH_MAX)
      for (let at = 0; at < recordCount; at += 1) builder.append(valueOf(name, sequence + at))
      const batch = builder.build({
        createTimeUs: 1,
        producerId,
        producerEpoch,
        baseSequence: sequence,
      })
      while (!log.hasRoomFor(batch.length)) await log.makeRoom(batch.length)
      const { baseOffset, endOffset } = log.appendBatch(batch)
      waiting.push({ name, baseSequence: sequence, recordCount, baseOffset, endOffset })
      sequence += recordCount
    }
    acknowledge()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function valueOf(name, sequence) {
  // Of many sizes, so that batch and segment ends fall everywhere.
  return new TextEncoder().encode(`${name} ${sequence} ${'.'.repeat((sequence * 37) % 900)}`)
}

/** Relaxed: at once. Otherwise what lies below the durable offset. */
function acknowledge() {
  const end = durability === 'relaxed' ? log.endOffset : log.durableOffset
  while (waiting.length > 0 && waiting[0].endOffset <= end) process.send(waiting.shift())
}
