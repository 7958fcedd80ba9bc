/**
 * Makes control frames: which body belongs to which number, checked by the compiler.
 */

import { FRAME_PREFIX_BYTES, writeFramePrefix, type FrameFields } from '../frames/frame.js'
import type { FrameType } from '../frames/frame-type.js'
import { encodeControl } from '../messagepack/control-codec.js'
import type { CloseChannelReply, CloseChannelRequest } from './close-channel.js'
import type { DeleteReply, DeleteRequest } from './delete.js'
import type { DescribeReply, DescribeRequest } from './describe.js'
import type { EndNotice } from './end.js'
import type { EnsureReply, EnsureRequest } from './ensure.js'
import type { GapNotice } from './gap.js'
import type { GoAwayNotice } from './go-away.js'
import type { HelloRequest, WelcomeReply } from './hello.js'
import type { ListReply, ListRequest } from './list.js'
import type { OpenProducerReply, OpenProducerRequest } from './open-producer.js'
import type { SubscribeReply, SubscribeRequest } from './subscribe.js'

/** The body of every control frame but ERROR (see `encodeErrorFrame`), by the frame's number. */
export interface ControlMessages {
  [FrameType.HELLO]: HelloRequest
  [FrameType.WELCOME]: WelcomeReply
  [FrameType.GOAWAY]: GoAwayNotice
  [FrameType.ENSURE]: EnsureRequest
  [FrameType.ENSURED]: EnsureReply
  [FrameType.DESCRIBE]: DescribeRequest
  [FrameType.DESCRIBED]: DescribeReply
  [FrameType.LIST]: ListRequest
  [FrameType.LISTED]: ListReply
  [FrameType.DELETE]: DeleteRequest
  [FrameType.DELETED]: DeleteReply
  [FrameType.OPEN_PRODUCER]: OpenProducerRequest
  [FrameType.PRODUCER_OPENED]: OpenProducerReply
  [FrameType.CLOSE_CHANNEL]: CloseChannelRequest
  [FrameType.CHANNEL_CLOSED]: CloseChannelReply
  [FrameType.SUBSCRIBE]: SubscribeRequest
  [FrameType.SUBSCRIBED]: SubscribeReply
  [FrameType.END]: EndNotice
  [FrameType.GAP]: GapNotice
}

/** The numbers of control frames. */
export type ControlFrameType = keyof ControlMessages

/**
 * Makes a control frame: fresh bytes, prefix and MessagePack body. Values are not checked; the peer's
 * decoder does that.
 *
 * @throws {RangeError} a field of the prefix does not fit.
 */
export function encodeControlFrame<T extends ControlFrameType>(
  type: T,
  fields: FrameFields,
  message: ControlMessages[T],
): Uint8Array<ArrayBuffer> {
  const frame = encodeControl(message, FRAME_PREFIX_BYTES)
  writeFramePrefix(frame, 0, { ...fields, type })
  return frame
}
