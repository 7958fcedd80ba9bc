/** HELLO again, CLOSE_CHANNEL, PING, PONG and ERROR: the connection itself. */

import { RequestError } from '@tailrace/format'
import {
  checkEmptyBody,
  decodeErrorBody,
  encodePongFrame,
  FrameType,
  type CloseChannelRequest,
  type Frame,
} from '@tailrace/protocol'

import type { CommandContext } from './command.js'

/** A second HELLO is answered with an error: what was agreed holds as long as the connection. */
export function helloAgain(): void {
  throw new RequestError('INVALID_REQUEST', 'HELLO was sent already, must be sent once')
}

/** Closes a channel. One that is not open is as good as closed. */
export function closeChannel(
  context: CommandContext,
  _request: CloseChannelRequest,
  frame: Frame,
): void {
  context.channels.closeByClient(frame.channel, () => {
    context.reply(frame, FrameType.CHANNEL_CLOSED, {})
  })
}

/** Answers a PING with the same nonce. */
export function answerPing(context: CommandContext, frame: Frame): void {
  checkEmptyBody(frame.body, 'PING')
  context.send(encodePongFrame(frame.argument))
}

/** Takes a PONG, which has done its work by arriving. */
export function takePong(_context: CommandContext, frame: Frame): void {
  checkEmptyBody(frame.body, 'PONG')
}

/** Notes what a client could not understand. */
export function noteClientError(context: CommandContext, frame: Frame): void {
  const error = decodeErrorBody(frame.body)
  context.services.logger.warn('the client reports an error', {
    code: error.code,
    reason: error.message,
  })
}
