/** A log as the protocol describes a stream. */

import type { StreamInfo } from '@tailrace/protocol'

import type { StreamLog } from '../storage/storage-port.js'

/** Where the stream of a log begins and ends now, and how it is configured. */
export function streamInfoOf(log: StreamLog): StreamInfo {
  // Damage has no field in this version of the protocol: whoever reads up to it, or publishes, is told.
  const { name: stream, damage: _, ...state } = log.describe()
  return { ...state, stream, durability: state.config.durability }
}
