/**
 * Frames over a bare socket: what a WebSocket would be without its masks, headers and events.
 *
 * ```
 *  at  size  field
 *   0   4    frameBytes   of the body
 *   4   4    number       of the frame, from 0
 *   8        body
 * ```
 *
 * Before the frames the client sends an order of three words: who sends, how many frames, how many bytes in
 * the body of each.
 */
import { once } from 'node:events'
import type { Socket } from 'node:net'

const HEADER_BYTES = 8
/** Frames of one `writev`: more of them give nothing. */
const CORKED_FRAMES = 16

/** Who sends how much. */
export interface Order {
  readonly sender: 'client' | 'server'
  readonly frames: number
  readonly frameBytes: number
}

export const ORDER_BYTES = 12

export function encodeOrder({ sender, frames, frameBytes }: Order): Buffer {
  const order = Buffer.alloc(ORDER_BYTES)
  for (const [at, word] of [sender === 'client' ? 0 : 1, frames, frameBytes].entries()) {
    order.writeUInt32LE(word, at * 4)
  }
  return order
}

export function decodeOrder(order: Buffer): Order {
  return {
    sender: order.readUInt32LE(0) === 0 ? 'client' : 'server',
    frames: order.readUInt32LE(4),
    frameBytes: order.readUInt32LE(8),
  }
}

/** Sends the frames, at most about 1 MiB of them queued in the process. */
export async function sendFrames(
  socket: Socket,
  { frames, frameBytes }: Pick<Order, 'frames' | 'frameBytes'>,
): Promise<void> {
  const body = Buffer.alloc(frameBytes, 0x2e)
  for (let number = 0; number < frames; number += CORKED_FRAMES) {
    const headers = Buffer.allocUnsafe(HEADER_BYTES * CORKED_FRAMES)
    socket.cork()
    for (let at = number; at < Math.min(number + CORKED_FRAMES, frames); at += 1) {
      const start = HEADER_BYTES * (at - number)
      headers.writeUInt32LE(frameBytes, start)
      headers.writeUInt32LE(at, start + 4)
      socket.write(headers.subarray(start, start + HEADER_BYTES))
      socket.write(body)
    }
    socket.uncork()
    if (socket.writableNeedDrain) await once(socket, 'drain')
  }
}

/** Resolves when all frames have come, each in its turn and with as many bytes as it says. */
export function receiveFrames(socket: Socket, { frames, frameBytes }: Order): Promise<void> {
  const header = Buffer.alloc(HEADER_BYTES)
  let headerBytes = 0
  let bodyBytesLeft = 0
  let count = 0
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', () => {
      reject(new Error(`the connection ended after ${count} of ${frames} frames`))
    })
    socket.on('data', (chunk: Buffer) => {
      for (let at = 0; at < chunk.length;) {
        if (bodyBytesLeft === 0) {
          const taken = Math.min(HEADER_BYTES - headerBytes, chunk.length - at)
          chunk.copy(header, headerBytes, at, at + taken)
          headerBytes += taken
          at += taken
          if (headerBytes < HEADER_BYTES) return
          if (header.readUInt32LE(4) !== count || header.readUInt32LE(0) !== frameBytes) {
            reject(new Error(`frame ${count} is number ${header.readUInt32LE(4)}`))
            return
          }
          bodyBytesLeft = frameBytes
          headerBytes = 0
        }
        const taken = Math.min(bodyBytesLeft, chunk.length - at)
        bodyBytesLeft -= taken
        at += taken
        if (bodyBytesLeft > 0) return
        count += 1
        if (count === frames) resolve()
      }
    })
  })
}
