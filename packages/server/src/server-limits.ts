/** How much of everything a server puts up with: what it announces in WELCOME, and what it keeps to itself. */

import { BATCH_LENGTH_MAX } from '@tailrace/format'
import {
  CHANNEL_MAX,
  FRAME_PREFIX_BYTES,
  HELLO_TIMEOUT_MS,
  LIMITS,
  type ConnectionLimits,
} from '@tailrace/protocol'

/** The limits of a server. */
export interface ServerLimits extends ConnectionLimits {
  /** Connections at a time; one more is answered with 503. */
  readonly connectionsMax: number
  /** Requests of one connection that are being worked on; further frames wait in the socket. */
  readonly pendingRequestsMax: number
  /** Milliseconds a client has to send HELLO. */
  readonly helloTimeoutMs: number
}

/** The limits of a server that is not told others. */
export const SERVER_LIMITS: ServerLimits = {
  ...LIMITS,
  connectionsMax: 10_000,
  pendingRequestsMax: 64,
  helloTimeoutMs: HELLO_TIMEOUT_MS,
}

/** What WELCOME says of the limits. */
export function connectionLimitsOf(limits: ServerLimits): ConnectionLimits {
  const { connectionsMax: _, pendingRequestsMax: __, helloTimeoutMs: ___, ...announced } = limits
  return announced
}

/**
 * The defaults with some limits replaced.
 *
 * @throws {RangeError} a limit is no positive integer, or one makes another impossible.
 */
export function completeLimits(limits: Partial<ServerLimits> = {}): ServerLimits {
  const complete: ServerLimits = { ...SERVER_LIMITS, ...limits }
  for (const [name, value] of Object.entries(complete) as [string, number][]) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`limits.${name} is ${value}, must be a positive integer`)
    }
  }
  const { batchBytesMax, frameBytesMax, channelsMax } = complete
  atMost(
    'batchBytesMax',
    batchBytesMax,
    Math.min(BATCH_LENGTH_MAX, frameBytesMax - FRAME_PREFIX_BYTES),
  )
  atMost('channelsMax', channelsMax, CHANNEL_MAX)
  return complete
}

function atMost(name: string, value: number, valueMax: number): void {
  if (value <= valueMax) return
  throw new RangeError(`limits.${name} is ${value}, must be at most ${valueMax}`)
}
