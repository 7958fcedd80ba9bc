/**
 * Frames off the wire, in order, with a stop: while somebody holds the intake, nothing is handed on
 * and the socket is not read.
 *
 * This is how a client is slowed down: TCP fills up and its own back-pressure does the rest. What `ws`
 * had already taken off the socket when reading stopped waits here: at most the piece that was read
 * last, 64 KiB, and one message that ended in it.
 *
 * Does not look into frames.
 */

import type { FrameSocket } from './frame-socket.js'

/** Lets go of the intake; harmless to call twice. */
export type ReleaseIntake = () => void

type ReadableSide = Pick<FrameSocket, 'pauseReading' | 'resumeReading'>

/** The gate between a socket and its session. */
export class FrameIntake {
  readonly #socket: ReadableSide
  readonly #handle: (message: Uint8Array) => void
  #backlog: Uint8Array[] = []
  #holdCount = 0
  #isDraining = false

  /** `handle` gets every message once, in the order of arrival, never while the intake is held. */
  constructor(socket: ReadableSide, handle: (message: Uint8Array) => void) {
    this.#socket = socket
    this.#handle = handle
  }

  /** Whether somebody holds the intake, so that a silent peer is no sign of a lost one. */
  get isHeld(): boolean {
    return this.#holdCount > 0
  }

  /** Hands a message on, or keeps it until the intake is free. */
  accept(message: Uint8Array): void {
    if (this.#holdCount > 0 || this.#isDraining) this.#backlog.push(message)
    else this.#handle(message)
  }

  /** Stops the intake until the returned function is called. Holds of several callers add up. */
  hold(): ReleaseIntake {
    if (this.#holdCount === 0) this.#socket.pauseReading()
    this.#holdCount += 1
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      this.#holdCount -= 1
      this.#drain()
    }
  }

  /** Hands on what waited; a message that is handed on may take hold again. */
  #drain(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    let handled = 0
    try {
      while (this.#holdCount === 0) {
        const message = this.#backlog[handled]
        if (message === undefined) break
        handled += 1
        this.#handle(message)
      }
    } finally {
      this.#backlog = this.#backlog.slice(handled)
      this.#isDraining = false
    }
    if (this.#holdCount === 0) this.#socket.resumeReading()
  }
}
