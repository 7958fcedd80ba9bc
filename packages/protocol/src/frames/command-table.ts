/**
 * The one registry of frames: number, name, who sends it, what it is and how its body is written.
 *
 * Lookups in both directions derive from it, and so do the table in docs/protocol.md and the tests.
 */

import { FrameType, REPLY_BIT, type FrameName, type FrameTypeNumber } from './frame-type.js'

/** One of the two ends of a connection. */
export type PeerRole = 'client' | 'server'

/** Who sends a frame. */
export type FrameDirection = 'client-to-server' | 'server-to-client' | 'both'

/** A request is answered; a reply answers; data carries batches; a notice is sent on its own. */
export type FrameKind = 'request' | 'reply' | 'data' | 'notice'

/** How the bytes behind the prefix are written. */
export type FrameBody = 'map' | 'batches' | 'fields' | 'empty'

/** A row of the command table. */
export interface Command {
  readonly type: FrameTypeNumber
  readonly name: FrameName
  readonly direction: FrameDirection
  readonly kind: FrameKind
  readonly body: FrameBody
}

type Row = readonly [FrameName, FrameDirection, FrameKind, FrameBody]

const ROWS: readonly Row[] = [
  ['HELLO', 'client-to-server', 'request', 'map'],
  ['PING', 'both', 'request', 'empty'],
  ['GOAWAY', 'server-to-client', 'notice', 'map'],
  ['ENSURE', 'client-to-server', 'request', 'map'],
  ['DESCRIBE', 'client-to-server', 'request', 'map'],
  ['LIST', 'client-to-server', 'request', 'map'],
  ['DELETE', 'client-to-server', 'request', 'map'],
  ['OPEN_PRODUCER', 'client-to-server', 'request', 'map'],
  ['CLOSE_CHANNEL', 'client-to-server', 'request', 'map'],
  ['SUBSCRIBE', 'client-to-server', 'request', 'map'],
  ['PUBLISH', 'client-to-server', 'data', 'batches'],
  ['ACK', 'server-to-client', 'notice', 'fields'],
  ['DELIVER', 'server-to-client', 'data', 'batches'],
  ['CREDIT', 'client-to-server', 'notice', 'fields'],
  ['CAUGHT_UP', 'server-to-client', 'notice', 'fields'],
  ['END', 'server-to-client', 'notice', 'map'],
  ['GAP', 'server-to-client', 'notice', 'map'],
  ['WELCOME', 'server-to-client', 'reply', 'map'],
  ['PONG', 'both', 'reply', 'empty'],
  ['ENSURED', 'server-to-client', 'reply', 'map'],
  ['DESCRIBED', 'server-to-client', 'reply', 'map'],
  ['LISTED', 'server-to-client', 'reply', 'map'],
  ['DELETED', 'server-to-client', 'reply', 'map'],
  ['PRODUCER_OPENED', 'server-to-client', 'reply', 'map'],
  ['CHANNEL_CLOSED', 'server-to-client', 'reply', 'map'],
  ['SUBSCRIBED', 'server-to-client', 'reply', 'map'],
  ['ERROR', 'both', 'notice', 'map'],
]

/** Every frame, in the order of its number. */
export const COMMAND_TABLE: readonly Command[] = ROWS.map(([name, direction, kind, body]) => ({
  type: FrameType[name],
  name,
  direction,
  kind,
  body,
}))

const COMMAND_BY_TYPE: readonly (Command | undefined)[] = Array.from({ length: 256 }, (_, type) =>
  COMMAND_TABLE.find((command) => command.type === type),
)

/** The row of a frame's number; undefined for a number that protocol version 1 does not have. */
export function commandOf(type: number): Command | undefined {
  return COMMAND_BY_TYPE[type]
}

/** The name of a frame's number, for messages and logs: `SUBSCRIBE`, or `0x7f` for an unknown one. */
export function frameName(type: number): string {
  return COMMAND_BY_TYPE[type]?.name ?? `0x${type.toString(16).padStart(2, '0')}`
}

/** Whether `receiver` may be sent a frame of this number at all. */
export function isReceivedBy(type: number, receiver: PeerRole): boolean {
  const direction = COMMAND_BY_TYPE[type]?.direction
  if (direction === undefined) return false
  if (direction === 'both') return true
  return direction === (receiver === 'server' ? 'client-to-server' : 'server-to-client')
}

/** The number of the frame that answers a request; undefined if `type` is not a request. */
export function replyTypeOf(type: number): FrameTypeNumber | undefined {
  if (COMMAND_BY_TYPE[type]?.kind !== 'request') return undefined
  return COMMAND_BY_TYPE[type | REPLY_BIT]?.type
}
