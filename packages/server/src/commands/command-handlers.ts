/** Which handler answers which frame. Frames that a server is never sent are not in it. */

import {
  decodeCloseChannelRequest,
  decodeDeleteRequest,
  decodeDescribeRequest,
  decodeEnsureRequest,
  decodeListRequest,
  decodeOpenProducerRequest,
  decodeSubscribeRequest,
  FrameType,
  type FrameTypeNumber,
} from '@tailrace/protocol'

import { request, type CommandHandler } from './command.js'
import {
  answerPing,
  closeChannel,
  helloAgain,
  noteClientError,
  takePong,
} from './connection-commands.js'
import { openProducer, publish } from './producer-commands.js'
import { deleteStream, describeStream, ensureStream, listStreams } from './stream-commands.js'
import { grantCredit, subscribe } from './subscription-commands.js'

/** The handler of every frame that a server may be sent after WELCOME. */
export const COMMAND_HANDLERS: ReadonlyMap<FrameTypeNumber, CommandHandler> = new Map<
  FrameTypeNumber,
  CommandHandler
>([
  [FrameType.HELLO, helloAgain],
  [FrameType.PING, answerPing],
  [FrameType.PONG, takePong],
  [FrameType.ERROR, noteClientError],
  [FrameType.ENSURE, request(decodeEnsureRequest, ensureStream)],
  [FrameType.DESCRIBE, request(decodeDescribeRequest, describeStream)],
  [FrameType.LIST, request(decodeListRequest, listStreams)],
  [FrameType.DELETE, request(decodeDeleteRequest, deleteStream)],
  [FrameType.OPEN_PRODUCER, request(decodeOpenProducerRequest, openProducer)],
  [FrameType.PUBLISH, publish],
  [FrameType.CLOSE_CHANNEL, request(decodeCloseChannelRequest, closeChannel)],
  [FrameType.SUBSCRIBE, request(decodeSubscribeRequest, subscribe)],
  [FrameType.CREDIT, grantCredit],
])

/** What is still answered once the server has said GOAWAY: nothing that begins something new. */
export const HANDLED_AFTER_GOAWAY: ReadonlySet<FrameTypeNumber> = new Set<FrameTypeNumber>([
  FrameType.HELLO,
  FrameType.PING,
  FrameType.PONG,
  FrameType.ERROR,
  FrameType.PUBLISH,
  FrameType.CLOSE_CHANNEL,
  FrameType.CREDIT,
])
