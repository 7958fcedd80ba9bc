/**
 * Every decoder of the package, by the frame it belongs to: for tests that go through all of them.
 */

import {
  checkEmptyBody,
  decodeAckBody,
  decodeCaughtUpBody,
  decodeCloseChannelReply,
  decodeCloseChannelRequest,
  decodeCreditBody,
  decodeDeleteReply,
  decodeDeleteRequest,
  decodeDescribeReply,
  decodeDescribeRequest,
  decodeEndNotice,
  decodeEnsureReply,
  decodeEnsureRequest,
  decodeErrorBody,
  decodeGapNotice,
  decodeGoAwayNotice,
  decodeHelloRequest,
  decodeListReply,
  decodeListRequest,
  decodeOpenProducerReply,
  decodeOpenProducerRequest,
  decodeSubscribeReply,
  decodeSubscribeRequest,
  decodeWelcomeReply,
  type FrameName,
} from '../../src/index.js'

/** Decodes a body, or checks it where there is nothing to decode. */
export type BodyDecoder = (body: Uint8Array) => unknown

/** The decoder of each frame's body; bodies of batches belong to `@tailrace/format`. */
export const DECODERS: Readonly<Record<Exclude<FrameName, 'PUBLISH' | 'DELIVER'>, BodyDecoder>> = {
  HELLO: decodeHelloRequest,
  PING: (body) => checkEmptyBody(body, 'PING'),
  GOAWAY: decodeGoAwayNotice,
  ENSURE: decodeEnsureRequest,
  DESCRIBE: decodeDescribeRequest,
  LIST: decodeListRequest,
  DELETE: decodeDeleteRequest,
  OPEN_PRODUCER: decodeOpenProducerRequest,
  CLOSE_CHANNEL: decodeCloseChannelRequest,
  SUBSCRIBE: decodeSubscribeRequest,
  ACK: decodeAckBody,
  CREDIT: (body) => decodeCreditBody(body),
  CAUGHT_UP: (body) => decodeCaughtUpBody(body),
  END: decodeEndNotice,
  GAP: decodeGapNotice,
  WELCOME: decodeWelcomeReply,
  PONG: (body) => checkEmptyBody(body, 'PONG'),
  ENSURED: decodeEnsureReply,
  DESCRIBED: decodeDescribeReply,
  LISTED: decodeListReply,
  DELETED: decodeDeleteReply,
  PRODUCER_OPENED: decodeOpenProducerReply,
  CHANNEL_CLOSED: decodeCloseChannelReply,
  SUBSCRIBED: decodeSubscribeReply,
  ERROR: decodeErrorBody,
}
