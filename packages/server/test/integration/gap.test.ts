/** Damage as a subscriber meets it: the records that can be read come, and the others are named. */

import { mkdtempSync, openSync, readSync, closeSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { openStore, repairStream } from '@tailrace/core'
import { BatchView, inspectBatch } from '@tailrace/format'
import { decodeCaughtUpBody, decodeGapNotice, FrameType } from '@tailrace/protocol'
import { expect, test } from 'vitest'

import { startServer } from '../../src/index.js'
import { Peer } from '../support/peer.js'

const STREAM = 'orders'

/** A closed store with ten batches of ten records; the header of the fourth is overwritten. */
async function damagedStore(directory: string): Promise<void> {
  const store = await openStore(directory)
  const log = await store.ensure(STREAM)
  for (let batch = 0; batch < 10; batch += 1) {
    await log.append(Array.from({ length: 10 }, (_, at) => ({ value: `${batch}:${at}` })))
  }
  // What is damaged is in a sealed segment: the log stays writable.
  await log.append({ value: new Uint8Array(64 * 1024) })
  await store.close()
  const file = openSync(path.join(directory, 'streams', STREAM, '00000000000000000000.log'), 'r+')
  const bytes = new Uint8Array(16 * 1024)
  readSync(file, bytes)
  let position = 128
  for (let batch = 0; batch < 3; batch += 1) {
    expect(inspectBatch(bytes, position, bytes.length, 'whole')).toBeUndefined()
    position += new BatchView(bytes, position).batchLength
  }
  writeSync(file, new Uint8Array(72).fill(0xee), 0, 72, position)
  closeSync(file)
}

/** Serves the directory and hands out a peer that has said HELLO. */
async function served<T>(directory: string, work: (peer: Peer) => Promise<T>): Promise<T> {
  const store = await openStore(directory)
  const server = await startServer({ store, port: 0 })
  const peer = await Peer.connect(server.url)
  try {
    return await work(peer)
  } finally {
    peer.socket.terminate()
    await server.close({ graceMs: 0 })
    await store.close()
  }
}

async function withDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'tailrace-server-'))
  try {
    await work(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** What a subscription from the first record is sent: offsets of batches, and gaps between them. */
async function sentFromTheFirst(peer: Peer): Promise<unknown[]> {
  const { channel } = await peer.subscribe({ stream: STREAM, from: { first: true } })
  const caughtUp = await peer.when((frame) => frame.type === FrameType.CAUGHT_UP)
  expect(decodeCaughtUpBody(caughtUp.body)).toBe(101)
  return peer.frames
    .filter((frame) => frame.channel === channel)
    .flatMap((frame): unknown[] => {
      if (frame.type === FrameType.GAP) return [decodeGapNotice(frame.body)]
      return frame.type === FrameType.DELIVER ? baseOffsetsOf(frame.body) : []
    })
}

function baseOffsetsOf(body: Uint8Array): number[] {
  const offsets: number[] = []
  for (let position = 0; position < body.byteLength;) {
    const view = new BatchView(body, position)
    offsets.push(view.baseOffset)
    position += view.batchLength
  }
  return offsets
}

const EXPECTED = [0, 10, 20, { from: 30, to: 40, reason: 'damage' }, 40, 50, 60, 70, 80, 90, 100]

test('a subscription goes on behind the damaged batch, in the same segment', async () => {
  await withDirectory(async (directory) => {
    await damagedStore(directory)
    await served(directory, async (peer) => {
      expect(await sentFromTheFirst(peer)).toEqual(EXPECTED)
    })
  })
})

test('a subscription is told of what a repair gave up in the same words', async () => {
  await withDirectory(async (directory) => {
    await damagedStore(directory)
    expect(await repairStream(directory, STREAM, { apply: true })).toMatchObject({
      isApplied: true,
      lostRecords: 10,
    })
    await served(directory, async (peer) => {
      expect(await sentFromTheFirst(peer)).toEqual(EXPECTED)
    })
  })
})

test('a start in what a repair gave up is refused with the numbers, or clamped to its end', async () => {
  await withDirectory(async (directory) => {
    await damagedStore(directory)
    await repairStream(directory, STREAM, { apply: true })
    await served(directory, async (peer) => {
      const start = { stream: STREAM, from: { offset: 33 } } as const
      await expect(peer.subscribe(start)).rejects.toMatchObject({
        code: 'OFFSET_OUT_OF_RANGE',
        action: 'reset-offset',
        details: { stream: STREAM, offset: 33, startOffset: 40, endOffset: 101 },
      })
      const clamped = await peer.subscribe({ ...start, onOutOfRange: 'clamp' })
      expect(clamped.startOffset).toBe(40)
      await peer.when((frame) => frame.type === FrameType.CAUGHT_UP)
      expect(peer.frames.filter((frame) => frame.type === FrameType.GAP)).toEqual([])
    })
  })
})
