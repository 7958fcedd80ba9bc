/**
 * The numbers of the frames: the first byte of every message.
 *
 * A request has a number below 0x80 and its reply the same number with the high bit set. A number
 * is never given a second meaning; one that is no longer used stays listed as retired.
 */

/** Every frame of protocol version 1, by name. */
export const FrameType = {
  HELLO: 0x01,
  PING: 0x02,
  GOAWAY: 0x03,
  ENSURE: 0x10,
  DESCRIBE: 0x11,
  LIST: 0x12,
  DELETE: 0x13,
  OPEN_PRODUCER: 0x20,
  CLOSE_CHANNEL: 0x21,
  SUBSCRIBE: 0x30,
  PUBLISH: 0x40,
  ACK: 0x41,
  DELIVER: 0x50,
  CREDIT: 0x51,
  CAUGHT_UP: 0x52,
  END: 0x53,
  GAP: 0x54,
  WELCOME: 0x81,
  PONG: 0x82,
  ENSURED: 0x90,
  DESCRIBED: 0x91,
  LISTED: 0x92,
  DELETED: 0x93,
  PRODUCER_OPENED: 0xa0,
  CHANNEL_CLOSED: 0xa1,
  SUBSCRIBED: 0xb0,
  ERROR: 0xff,
} as const

/** The name of a frame, as in the specification. */
export type FrameName = keyof typeof FrameType

/** The number of a frame. */
export type FrameTypeNumber = (typeof FrameType)[FrameName]

/** The bit that makes a request's number its reply's. */
export const REPLY_BIT = 0x80
