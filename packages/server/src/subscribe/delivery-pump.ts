/**
 * Sends what the subscriptions of one connection have, in turn, as far as the socket takes it.
 *
 * Round-robin: each subscription that has something gets one run, then the next one has its turn. A run
 * goes out as one DELIVER whose body is the view of the mapping. Once `QUEUED_BYTES_MAX` wait in the
 * socket, the pump stops; it goes on when half of that has gone, so the kernel always has something to
 * send while the next runs are read.
 *
 * Invariant: a subscription is in `#ready` exactly while it may have something to send: not parked,
 * not out of credit, not closed.
 */

import { RequestError, type TailraceError } from '@tailrace/format'
import {
  encodeCaughtUpFrame,
  encodeControlFrame,
  FRAME_PREFIX_BYTES,
  FrameType,
} from '@tailrace/protocol'

import type { FrameSocket } from '../session/frame-socket.js'
import type { Subscription } from './subscription.js'

/** Body bytes of one DELIVER: larger ones gain nothing and make a browser wait for the whole. */
const RUN_BYTES_MAX = 64 * 1024

/** Bytes queued in one socket: more costs memory and halves the throughput. */
const QUEUED_BYTES_MAX = 1024 * 1024

/** Bytes queued at which a stopped pump goes on. */
const QUEUED_BYTES_LOW = QUEUED_BYTES_MAX / 2

/** What the pump tells the connection it is part of. */
export interface DeliveryPumpEvents {
  /** There is something to send: `run` should be called at the end of the turn. */
  onReady(): void
  /** A subscription has said its last word. */
  onEnded(subscription: Subscription): void
  /** A subscription ends with an error, which is still to be reported. */
  onFailed(subscription: Subscription, error: TailraceError): void
}

type WritableSide = Pick<FrameSocket, 'isOpen' | 'queuedBytes' | 'send' | 'sendView'>

/** The outgoing side of a connection's subscriptions. */
export class DeliveryPump {
  readonly #socket: WritableSide
  readonly #events: DeliveryPumpEvents
  /** In the order of service. */
  readonly #ready = new Set<Subscription>()
  readonly #bodyBytesMax: number
  #isStopped = false

  /** No frame is larger than `frameBytesMax`, which a client has been told. */
  constructor(socket: WritableSide, frameBytesMax: number, events: DeliveryPumpEvents) {
    this.#socket = socket
    this.#bodyBytesMax = frameBytesMax - FRAME_PREFIX_BYTES
    this.#events = events
  }

  /** Lines a subscription up: it is new, was woken, or has more credit. */
  enqueue(subscription: Subscription): void {
    this.#ready.add(subscription)
    if (this.#isStopped) subscription.fallBehind()
    else this.#events.onReady()
  }

  /** Forgets a subscription. */
  remove(subscription: Subscription): void {
    this.#ready.delete(subscription)
  }

  /** Tells the pump that the socket has got rid of something. */
  flushed(): void {
    if (!this.#isStopped || this.#socket.queuedBytes > QUEUED_BYTES_LOW) return
    this.#isStopped = false
    if (this.#ready.size > 0) this.#events.onReady()
  }

  /** Sends until nothing is ready or the socket is full; returns how many bytes of runs went out. */
  run(): number {
    if (this.#isStopped || !this.#socket.isOpen) return 0
    let sentBytes = 0
    for (const subscription of this.#ready) {
      if (this.#socket.queuedBytes >= QUEUED_BYTES_MAX) {
        this.#stop()
        break
      }
      // Added again below, it comes behind the others, and this loop comes to it again.
      this.#ready.delete(subscription)
      sentBytes += this.#serve(subscription)
    }
    return sentBytes
  }

  #serve(subscription: Subscription): number {
    const channel = subscription.id
    const delivery = subscription.next(Math.min(RUN_BYTES_MAX, this.#bodyBytesMax))
    switch (delivery.kind) {
      case 'run':
        return this.#deliver(subscription, delivery.bytes)
      case 'gap':
        this.#ready.add(subscription)
        this.#socket.send(encodeControlFrame(FrameType.GAP, { channel }, delivery.gap))
        return 0
      case 'caught-up':
        this.#socket.send(encodeCaughtUpFrame(channel, delivery.visibleOffset))
        return 0
      case 'end':
        this.#socket.send(encodeControlFrame(FrameType.END, { channel }, delivery.end))
        this.#events.onEnded(subscription)
        return 0
      case 'failed':
        this.#events.onFailed(subscription, delivery.error)
        return 0
      case 'nothing':
        return 0
    }
  }

  #deliver(subscription: Subscription, run: Uint8Array): number {
    if (run.byteLength > this.#bodyBytesMax) {
      this.#events.onFailed(subscription, tooLarge(run.byteLength, this.#bodyBytesMax))
      return 0
    }
    this.#ready.add(subscription)
    this.#socket.sendView({ type: FrameType.DELIVER, channel: subscription.id }, run)
    return run.byteLength
  }

  #stop(): void {
    this.#isStopped = true
    for (const subscription of this.#ready) subscription.fallBehind()
  }
}

/** Stored by somebody with larger limits than this server's. */
function tooLarge(batchBytes: number, batchBytesMax: number): RequestError {
  return new RequestError(
    'BATCH_TOO_LARGE',
    `a stored batch is ${batchBytes} bytes, this server sends at most ${batchBytesMax} in a frame`,
    { details: { batchBytes, batchBytesMax } },
  )
}
