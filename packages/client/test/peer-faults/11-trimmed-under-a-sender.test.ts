/**
 * A mapping released while a sender still reads it: the process is ended by a signal. Here segments are
 * deleted while their bytes wait in the queue of a socket that nobody reads, again and again; what was
 * queued arrives as it was written, and the mapping goes once it is sent.
 *
 * Takes seconds: each round writes more than the kernel takes for a connection.
 */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { BatchView, inspectBatch } from '@tailrace/format'
import {
  decodeFrame,
  decodeGapNotice,
  encodeControlFrame,
  FrameType,
  SUBPROTOCOL,
} from '@tailrace/protocol'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'

const ROUNDS = 12
const VALUE_BYTES = 60_000
const MIB = 1024 * 1024
/** More than what the kernel and the server queue for a connection that is not read. */
const RECORDS_PER_ROUND = Math.ceil((16 * MIB) / VALUE_BYTES)

interface Answer {
  readonly url: string
  readonly startOffset: number
  readonly endOffset: number
  /** Waiting in the server when the records were given up. */
  readonly queuedBytes: number
  /** Mappings of deleted segments that are left after a collection. */
  readonly deleted: number
}

test('segments deleted under a sender: what was queued arrives unharmed, and the process lives', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'tailrace-client-'))
  const program = fileURLToPath(new URL('../programs/trimming-server.mjs', import.meta.url))
  const child = fork(program, [directory, String(VALUE_BYTES)], { execArgv: [] })
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the server ended: ${String(code)} ${String(signal)}`)
  })
  ended.catch(() => undefined)
  const ask = async (message?: object): Promise<Answer> => {
    if (message !== undefined) child.send(message)
    const [answer] = (await Promise.race([once(child, 'message'), ended])) as [Answer]
    return answer
  }
  try {
    const { url } = await ask()
    const heldBack: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const { startOffset } = await ask({ fill: RECORDS_PER_ROUND })
      const receiver = await subscribed(url)
      receiver.pause()
      const trimmed = await ask({ trim: true })
      expect(trimmed.startOffset).toBe(trimmed.endOffset)
      if (trimmed.queuedBytes > 0 && trimmed.deleted > 0) heldBack.push(round)
      receiver.resume()
      const delivered = await receiver.upTo(trimmed.endOffset)
      // From the first record on without a hole, then the gap that says what was given up.
      expect(delivered.startOffset).toBe(startOffset)
      expect(delivered.gapTo ?? trimmed.endOffset).toBe(trimmed.endOffset)
      receiver.socket.terminate()
    }
    // Not a test of nothing: bytes of deleted segments were on their way.
    expect(heldBack.length).toBeGreaterThan(ROUNDS / 2)
    expect((await ask({})).deleted).toBe(0)
  } finally {
    child.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
}, 60_000)

interface Receiver {
  readonly socket: WebSocket
  pause(): void
  resume(): void
  /** Checks every batch that comes; resolves when all is accounted for below an offset. */
  upTo(endOffset: number): Promise<{ startOffset: number; gapTo: number | undefined }>
}

/** Subscribes from the first record by hand: what is in the socket's queue is then up to the test. */
async function subscribed(url: string): Promise<Receiver> {
  const socket = new WebSocket(url, SUBPROTOCOL, { perMessageDeflate: false })
  await once(socket, 'open')
  const seen = { startOffset: -1, nextOffset: -1, gapTo: undefined as number | undefined }
  const failures: unknown[] = []
  let onNews: () => void = () => undefined
  const news = new Promise<void>((resolve) => (onNews = resolve))
  let wake = onNews
  socket.on('message', (data) => {
    try {
      const { type, body } = decodeFrame(data as Buffer, 'client')
      if (type === FrameType.DELIVER) checkBatches(body, seen)
      if (type === FrameType.GAP) {
        const { from, to } = decodeGapNotice(body)
        expect(from).toBe(seen.nextOffset)
        seen.gapTo = to
        seen.nextOffset = to
      }
    } catch (error) {
      failures.push(error)
    }
    wake()
  })
  const hello = { protocols: [1], client: 'test-peer/1' }
  socket.send(encodeControlFrame(FrameType.HELLO, { channel: 0, argument: 1 }, hello))
  const request = { stream: 'trimmed', from: { first: true as const }, creditBytes: 64 * MIB }
  socket.send(encodeControlFrame(FrameType.SUBSCRIBE, { channel: 0, argument: 2 }, request))
  await news
  const { _socket: raw } = socket as unknown as { _socket: { pause(): void; resume(): void } }
  return {
    socket,
    pause: () => raw.pause(),
    resume: () => raw.resume(),
    async upTo(endOffset) {
      while (seen.nextOffset < endOffset && failures.length === 0) {
        await new Promise<void>((resolve) => (wake = resolve))
      }
      if (failures.length > 0) throw failures[0]
      return seen
    },
  }
}

function checkBatches(body: Uint8Array, seen: { startOffset: number; nextOffset: number }): void {
  for (let position = 0; position < body.length;) {
    expect(inspectBatch(body, position, body.length, 'whole')).toBeUndefined()
    const batch = new BatchView(body, position)
    if (seen.startOffset < 0) seen.startOffset = batch.baseOffset
    else expect(batch.baseOffset).toBe(seen.nextOffset)
    expect(batch.value(0)[0]).toBe(batch.baseOffset % 251)
    seen.nextOffset = batch.baseOffset + batch.recordCount
    position += batch.batchLength
  }
}
