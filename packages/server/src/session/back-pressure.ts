/**
 * Slows a client down that asks for more than is answered or read: by not reading its socket.
 *
 * Two bounds: how many of its requests are being worked on, and how many bytes wait in the socket for a
 * client that does not read. Neither is an error; a client that goes on gets all its answers.
 */

import type { FrameIntake, ReleaseIntake } from './frame-intake.js'
import type { FrameSocket } from './frame-socket.js'

/** Bytes queued towards a client at which its socket is no longer read. */
export const OUTPUT_BYTES_MAX = 4 * 1024 * 1024

const OUTPUT_BYTES_LOW = OUTPUT_BYTES_MAX / 2

/** The two bounds of one connection. */
export class BackPressure {
  readonly #intake: FrameIntake
  readonly #socket: FrameSocket
  readonly #pendingRequestsMax: number
  #pendingRequestCount = 0
  #releaseRequests: ReleaseIntake | undefined
  #releaseOutput: ReleaseIntake | undefined

  constructor(intake: FrameIntake, socket: FrameSocket, pendingRequestsMax: number) {
    this.#intake = intake
    this.#socket = socket
    this.#pendingRequestsMax = pendingRequestsMax
  }

  /** Whether the socket is not read because the client does not read. */
  get isOutputFull(): boolean {
    return this.#releaseOutput !== undefined
  }

  /** A request is being worked on beyond the turn it came in. */
  requestBegan(): void {
    this.#pendingRequestCount += 1
    if (this.#pendingRequestCount === this.#pendingRequestsMax) {
      this.#releaseRequests = this.#intake.hold()
    }
  }

  /** It was answered. */
  requestEnded(): void {
    this.#pendingRequestCount -= 1
    const release = this.#releaseRequests
    this.#releaseRequests = undefined
    release?.()
  }

  /** Something was sent. */
  outputGrew(): void {
    if (this.isOutputFull || this.#socket.queuedBytes < OUTPUT_BYTES_MAX) return
    this.#releaseOutput = this.#intake.hold()
  }

  /** The socket has got rid of something. */
  flushed(): void {
    if (!this.isOutputFull || this.#socket.queuedBytes > OUTPUT_BYTES_LOW) return
    const release = this.#releaseOutput
    this.#releaseOutput = undefined
    release?.()
  }
}
