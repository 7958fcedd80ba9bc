/** The channel that a data frame is for, or what is said when it is for none. */

import { RequestError } from '@tailrace/format'
import { frameName, type Frame } from '@tailrace/protocol'

import type { Channel, ConnectionChannels } from '../session/connection-channels.js'

/**
 * The open channel of a frame, if it is of the kind that takes such frames.
 *
 * Otherwise undefined, and what is to be said has been said: nothing when the channel has been closed,
 * which the client may not have heard of yet; UNKNOWN_CHANNEL when there never was one; INVALID_REQUEST,
 * which closes it, when it is of the other kind.
 */
export function addressedChannel<Kind extends Channel['kind']>(
  channels: ConnectionChannels,
  frame: Frame,
  kind: Kind,
): Extract<Channel, { readonly kind: Kind }> | undefined {
  const channel = channels.get(frame.channel)
  if (channel === undefined) {
    if (!channels.wasGivenOut(frame.channel)) {
      channels.fail(frame.channel, unknownChannel(frame.channel))
    }
    return undefined
  }
  if (isOfKind(channel, kind)) return channel
  channels.fail(frame.channel, wrongKind(frame, channel))
  return undefined
}

function isOfKind<Kind extends Channel['kind']>(
  channel: Channel,
  kind: Kind,
): channel is Extract<Channel, { readonly kind: Kind }> {
  return channel.kind === kind
}

function unknownChannel(channel: number): RequestError {
  return new RequestError('UNKNOWN_CHANNEL', `channel ${channel} is not open on this connection`, {
    details: { channel },
  })
}

function wrongKind(frame: Frame, channel: Channel): RequestError {
  return new RequestError(
    'INVALID_REQUEST',
    `channel ${channel.id} is a ${channel.kind}, which takes no ${frameName(frame.type)}`,
    { details: { channel: channel.id, kind: channel.kind } },
  )
}
