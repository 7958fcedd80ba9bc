/** What is said of a frame on a channel that cannot take it. */

import { RequestError } from '@tailrace/format'

import type { Channel } from '../session/connection-channels.js'

/** The channel was never opened on this connection. */
export function unknownChannel(channel: number): RequestError {
  return new RequestError('UNKNOWN_CHANNEL', `channel ${channel} is not open on this connection`, {
    details: { channel },
  })
}

/** The channel is open, and of the other kind. */
export function wrongChannelKind(command: string, channel: Channel): RequestError {
  return new RequestError(
    'INVALID_REQUEST',
    `channel ${channel.id} is a ${channel.kind}, which takes no ${command}`,
    { details: { channel: channel.id, kind: channel.kind } },
  )
}
