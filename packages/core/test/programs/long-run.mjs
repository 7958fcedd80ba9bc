// Appends and reads far more than is kept, and says how much memory stayed.

import { readdirSync } from 'node:fs'
import process from 'node:process'
import { openStore } from '@tailrace/core'

const [directory, rounds] = process.argv.slice(2)
const RECORDS_PER_ROUND = 200
const config = { durability: 'relaxed', retention: { maxBytes: '4MiB' } }
const store = await openStore(directory, { mappedBytesMax: 2 * 1024 * 1024 })
const log = await store.ensure('long', config)
const { producerId } = log.openProducer({ name: 'producer' })
const value = new Uint8Array(4000)
let next = 0
let bytes = 0

// The first rounds fill what is kept and warm up what is compiled.
for (let round = 0; round < Number(rounds) / 4; round += 1) await runRound()
const before = measure()
for (let round = 0; round < Number(rounds); round += 1) await runRound()
const after = measure()
process.send({ before, after, bytes, producerId })
await store.close()
process.disconnect()

async function runRound() {
  for (let at = 0; at < RECORDS_PER_ROUND; at += 1) await log.append({ value })
  await log.flush()
  await log.applyRetention()
  for await (const record of log.read({ from: 'first' })) {
    if (record.offset < log.startOffset) throw new Error('read what was given up')
    next = record.offset + 1
    bytes += record.value.length
  }
  if (next !== log.endOffset) throw new Error(`read up to ${next} of ${log.endOffset}`)
  await new Promise((resolve) => setImmediate(resolve))
}

function measure() {
  for (let at = 0; at < 3; at += 1) global.gc()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return { heapUsed, external, arrayBuffers, descriptors: readdirSync('/proc/self/fd').length }
}
