// A server with one stream, whose records its parent has given up while they are being sent.
//
// A process of its own: a sender that touches memory which is gone ends it by a signal. Over IPC it takes
// { fill: <records> } and { trim: true }, and answers each with the bounds of the log.

import { readFileSync } from 'node:fs'
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openStore } from '@tailrace/core'
import { startServer } from '@tailrace/server'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
const QUEUED_BYTES_MIN = 512 * 1024
const [directory, valueBytes] = process.argv.slice(2)
// Next to nothing stays mapped that no reader is on.
const store = await openStore(directory, { mappedBytesMax: 1 })
const log = await store.ensure('trimmed', { durability: 'relaxed', segmentBytesMax: '1MiB' })
const server = await startServer({ store, port: 0 })

process.on('message', async ({ fill, trim }) => {
  for (let at = 0; at < (fill ?? 0); at += 1) {
    await log.append({ value: Buffer.alloc(Number(valueBytes), log.endOffset % 251) })
  }
  await log.flush()
  // The receiver does not read: what the kernel does not take waits here, as views of the segments.
  while (trim && server.queuedBytes < QUEUED_BYTES_MIN) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  const queuedBytes = server.queuedBytes
  if (trim) await log.trim(log.endOffset)
  // Whatever is only held by mistake is gone now.
  for (let at = 0; at < 3; at += 1) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { startOffset, endOffset } = log
  process.send({ startOffset, endOffset, queuedBytes, deleted: deletedMappings() })
})
process.send({ url: server.url })

function deletedMappings() {
  const maps = readFileSync('/proc/self/maps', 'utf8').split('\n')
  return maps.filter((line) => line.includes(directory) && line.endsWith('(deleted)')).length
}
