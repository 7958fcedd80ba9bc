/**
 * @tailrace/client: publish to and subscribe to streams, in browsers and in Node.
 *
 * One entry point, `connect`; everything else is reached from the client it returns.
 */

export { connect } from './connect.js'
export type { ConnectOptions } from './connect-options.js'
export type { Client, StreamOptions } from './client.js'
export type { Stream } from './stream.js'
export type { ClientState, StateChange } from './connection/session.js'
export type { WebSocketFactory, WebSocketLike } from './transport/web-socket-transport.js'

export type { Producer, ProducerInfo } from './producer/producer.js'
export type { ProducerAck } from './producer/producer-channel.js'
export type { ProducerOptions } from './producer/producer-options.js'

export type { Subscription, SubscriptionStart } from './subscription/subscription.js'
export type { BatchVisitor } from './subscription/batch-visits.js'
export type { RecordBatch, StreamRecord, ValueVisitor } from './subscription/record-batch.js'
export type {
  Gap,
  SubscribeEnd,
  SubscribeOptions,
  SubscribePosition,
  Timestamp,
} from './subscription/subscribe-options.js'

export type { Codec, EncodedRange, UntypedCodec } from './codecs/codec.js'
export type { HeaderValue, RecordHeaders, RecordOptions } from './codecs/headers.js'
export { msgpack } from './codecs/msgpack-codec.js'
export { raw } from './codecs/raw-codec.js'
export { json, text } from './codecs/text-codecs.js'

export { OFFSET_UNKNOWN } from '@tailrace/protocol'
export type {
  Durability,
  EnsureReply,
  StreamConfigInfo,
  StreamConfigRequest,
  StreamInfo,
} from '@tailrace/protocol'
export {
  ConnectionError,
  FormatError,
  LimitError,
  ProtocolError,
  RequestError,
  StorageError,
  TailraceError,
  type BatchView,
  type ErrorAction,
  type ErrorCode,
} from '@tailrace/format'
