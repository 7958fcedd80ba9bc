/**
 * How much of everything: the defaults a server announces in WELCOME, and the fixed bounds that
 * both sides know without asking.
 *
 * A server may announce other values for the first group. The second group is part of protocol
 * version 1 and the same everywhere.
 */

const KIB = 1024
const MIB = 1024 * KIB

/** The limits a server announces in WELCOME. All of them hold for one connection. */
export interface ConnectionLimits {
  /** Bytes of a whole frame, prefix included, in either direction. */
  readonly frameBytesMax: number
  /** Bytes of one batch in a PUBLISH. */
  readonly batchBytesMax: number
  /** Bytes of DELIVER bodies a subscription may have granted and not yet received. */
  readonly windowBytesMax: number
  /** Batches sent and not yet acknowledged, on one producer channel. */
  readonly inFlightBatchesMax: number
  /** Milliseconds without a frame after which a peer sends PING. */
  readonly heartbeatMs: number
  /** Channels open at a time, producers and subscriptions together. */
  readonly channelsMax: number
}

/** The limits a server announces unless it is configured otherwise. */
export const LIMITS: ConnectionLimits = {
  frameBytesMax: 16 * MIB + 8,
  batchBytesMax: 8 * MIB,
  windowBytesMax: 64 * MIB,
  inFlightBatchesMax: 1024,
  heartbeatMs: 15_000,
  channelsMax: 1024,
}

/** Bytes of a whole frame, prefix included, before WELCOME. */
export const HANDSHAKE_FRAME_BYTES_MAX = 8 * KIB

/** Milliseconds a client has, once the WebSocket is open, to send HELLO. */
export const HELLO_TIMEOUT_MS = 10_000

/** Heartbeats without a single frame after which a peer may be taken for dead. */
export const SILENT_HEARTBEATS_MAX = 2

/** Bytes of a MessagePack body; data bodies are bounded by the frame alone. */
export const CONTROL_BODY_BYTES_MAX = 1 * MIB

/** Values in a MessagePack body: every key, every value, every map and array counts one. */
export const CONTROL_VALUES_MAX = 64 * KIB

/** Maps and arrays inside one another in a MessagePack body, the outermost counted. */
export const CONTROL_DEPTH_MAX = 8

/** Streams a LIST may ask for at once. */
export const LIST_LIMIT_MAX = 1000

/** Streams in the reply to a LIST that does not say how many. */
export const LIST_LIMIT_DEFAULT = 100

/** UTF-16 units of a string in a field that has no narrower bound. */
export const STRING_LENGTH_MAX = 1024

/** UTF-16 units of a producer's name. */
export const PRODUCER_NAME_LENGTH_MAX = 255
