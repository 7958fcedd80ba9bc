/** The bytes that a subscriber gets are the bytes of the segment files. */

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

import { BATCH_LENGTH_AT, BatchView, SEGMENT_HEADER_BYTES } from '@tailrace/format'
import { FrameType } from '@tailrace/protocol'
import { expect, test } from 'vitest'

import { makeBatches } from '../support/batches.js'
import { serveCore } from '../support/serve.js'

/** The batches of all segment files of a stream, without headers and what is reserved behind them. */
async function batchesOnDisk(directory: string): Promise<Buffer> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.log')).sort()
  expect(names.length).toBeGreaterThan(3)
  const files = await Promise.all(names.map((name) => readFile(path.join(directory, name))))
  return Buffer.concat(files.map(batchesOf))
}

function batchesOf(file: Buffer): Buffer {
  let end = SEGMENT_HEADER_BYTES
  for (;;) {
    const hasHeader = end + BATCH_LENGTH_AT + 4 <= file.byteLength
    const length = hasHeader ? file.readUInt32LE(end + BATCH_LENGTH_AT) : 0
    if (length === 0) return file.subarray(SEGMENT_HEADER_BYTES, end)
    end += length
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test.each(['fsync', 'relaxed'] as const)('%s: wire = disk', async (durability) => {
  await using tested = await serveCore()
  const log = await tested.store.ensure('orders', { durability, segmentBytesMax: 256 * 1024 })
  const peer = await tested.connect()
  const producer = await peer.openProducer({ stream: 'orders' })
  const live = await peer.subscribe({ stream: 'orders', creditBytes: 64 * 1024 * 1024 })
  const batchCount = 300
  const batches = makeBatches(producer, batchCount, { recordCount: 20, valueBytes: 200 })
  for (const [ordinal, batch] of batches.entries()) peer.publish(producer.channel, ordinal, batch)
  await peer.acknowledged(producer.channel, batchCount - 1)
  const replay = await peer.subscribe({
    stream: 'orders',
    creditBytes: 64 * 1024 * 1024,
    stop: { atEnd: true },
  })
  await peer.when((frame) => frame.type === FrameType.END && frame.channel === replay.channel)
  const delivered = (channel: number): Buffer =>
    Buffer.concat(peer.ofType(FrameType.DELIVER, channel).map((frame) => frame.body))
  await peer.when(() => delivered(live.channel).byteLength === delivered(replay.channel).byteLength)
  await log.flush()
  const stored = await batchesOnDisk(path.join(tested.store.directory, 'streams', 'orders'))
  expect(sha256(delivered(replay.channel))).toBe(sha256(stored))
  expect(sha256(delivered(live.channel))).toBe(sha256(stored))
  expect(new BatchView(stored).baseOffset).toBe(0)
})
