/**
 * The registry of everything that can go wrong in the world: one row per code.
 *
 * The types of the error classes, the mapping from the wire, `docs/errors.md` and the tests derive
 * from this table. It lives in `format` because every package can import `format`.
 *
 * - A code's name may change in a major release. A `number` never changes and is never reused: a
 *   gap is a retired code, because shipped clients still map it.
 * - `number: null` marks a local error that never crosses the wire.
 * - Numbers by class: 10–99 format, 100–199 protocol, 200–299 request, 300–399 storage,
 *   400–499 limit.
 * - Mistakes of our own are not here: they are `AssertionError`s. Values of the wrong type or shape
 *   from an application are `TypeError`s and `RangeError`s, without a code.
 */

/** What the caller of a failed operation should do next. */
export type ErrorAction = 'fix-request' | 'retry' | 'reconnect' | 'reset-offset' | 'reopen' | 'stop'

/** The names of the error classes: who is at fault. */
export type ErrorClassName =
  | 'FormatError'
  | 'ProtocolError'
  | 'RequestError'
  | 'StorageError'
  | 'LimitError'
  | 'ConnectionError'

/** One row of the registry. */
export interface ErrorRegistration {
  /** The number on the wire; `null` for an error that never leaves its process. */
  readonly number: number | null
  readonly class: ErrorClassName
  readonly action: ErrorAction
  /** One sentence: what happened, and what it means. */
  readonly summary: string
}

/** Every error code of Tailrace with its wire number, class, action and sentence. */
export const ERROR_REGISTRY = {
  TRUNCATED: {
    number: 10,
    class: 'FormatError',
    action: 'stop',
    summary: 'The bytes end before the structure that begins in them does.',
  },
  BAD_MAGIC: {
    number: 11,
    class: 'FormatError',
    action: 'stop',
    summary: 'The bytes do not begin with the magic of the expected structure.',
  },
  UNSUPPORTED_FORMAT_VERSION: {
    number: 12,
    class: 'FormatError',
    action: 'stop',
    summary: 'The bytes are in a format version that this release cannot read.',
  },
  CHECKSUM_MISMATCH: {
    number: 13,
    class: 'FormatError',
    action: 'stop',
    summary: 'A stored checksum does not match the bytes that it covers: they are damaged.',
  },
  INVALID_FIELD: {
    number: 14,
    class: 'FormatError',
    action: 'fix-request',
    summary: 'A field holds a value that the format does not allow.',
  },

  MALFORMED_FRAME: {
    number: 100,
    class: 'ProtocolError',
    action: 'reconnect',
    summary: 'A message could not be decoded as a frame of the protocol; the connection closes.',
  },
  FRAME_TOO_LARGE: {
    number: 101,
    class: 'ProtocolError',
    action: 'stop',
    summary: 'A message is larger than the agreed frame size; the connection closes.',
  },
  UNKNOWN_COMMAND: {
    number: 102,
    class: 'ProtocolError',
    action: 'stop',
    summary: 'A frame has a type that the receiver does not know.',
  },
  UNSUPPORTED_PROTOCOL_VERSION: {
    number: 103,
    class: 'ProtocolError',
    action: 'stop',
    summary: 'Client and server have no protocol version in common.',
  },
  HANDSHAKE_REQUIRED: {
    number: 104,
    class: 'ProtocolError',
    action: 'reconnect',
    summary:
      'A frame other than HELLO arrived before the handshake, or the handshake took too long.',
  },
  UNSUPPORTED_SUBPROTOCOL: {
    number: 105,
    class: 'ProtocolError',
    action: 'fix-request',
    summary: 'The WebSocket was opened without a subprotocol that the server speaks.',
  },
  PEER_SILENT: {
    number: 106,
    class: 'ProtocolError',
    action: 'reconnect',
    summary: 'Nothing was heard from the other side for longer than the heartbeat allows.',
  },

  STREAM_NOT_FOUND: {
    number: 200,
    class: 'RequestError',
    action: 'fix-request',
    summary: 'There is no stream of that name.',
  },
  STREAM_EXISTS: {
    number: 201,
    class: 'RequestError',
    action: 'fix-request',
    summary: 'The stream exists with a configuration that differs from the requested one.',
  },
  INVALID_STREAM_NAME: {
    number: 202,
    class: 'RequestError',
    action: 'fix-request',
    summary: 'The text cannot be the name of a stream.',
  },
  OFFSET_OUT_OF_RANGE: {
    number: 203,
    class: 'RequestError',
    action: 'reset-offset',
    summary:
      'The offset lies outside the records that the stream holds; the details have the bounds.',
  },
  BATCH_TOO_LARGE: {
    number: 204,
    class: 'RequestError',
    action: 'fix-request',
    summary: 'A batch is larger than the format, the server or the segment allows.',
  },
  UNKNOWN_CURSOR: {
    number: 205,
    class: 'RequestError',
    action: 'fix-request',
    summary: 'The stream has no cursor of that name.',
  },
  UNAUTHORIZED: {
    number: 206,
    class: 'RequestError',
    action: 'fix-request',
    summary: 'The token is missing, expired or does not permit the operation.',
  },
  FENCED: {
    number: 207,
    class: 'RequestError',
    action: 'stop',
    summary: 'A newer incarnation of the same producer has taken over.',
  },
  OUT_OF_SEQUENCE: {
    number: 208,
    class: 'RequestError',
    action: 'stop',
    summary:
      'A batch of a producer does not follow the last one stored: something between is missing.',
  },
  EPOCH_MISMATCH: {
    number: 209,
    class: 'RequestError',
    action: 'reset-offset',
    summary: 'The stream is another incarnation than the one that the caller knows.',
  },
  EXPECTED_OFFSET_MISMATCH: {
    number: 210,
    class: 'RequestError',
    action: 'fix-request',
    summary: 'The end of the stream is not where the conditional append expected it.',
  },
  INVALID_CONFIG: {
    number: 211,
    class: 'RequestError',
    action: 'fix-request',
    summary: 'A setting, size, duration or time cannot be understood or is not allowed.',
  },
  UNKNOWN_CHANNEL: {
    number: 212,
    class: 'RequestError',
    action: 'reconnect',
    summary: 'A frame names a channel that is not open on this connection.',
  },
  INVALID_REQUEST: {
    number: 213,
    class: 'RequestError',
    action: 'fix-request',
    summary: 'A well-formed request has fields with impossible values.',
  },
  CURSOR_CONFLICT: {
    number: 214,
    class: 'RequestError',
    action: 'stop',
    summary: 'Another consumer has committed to the cursor since its generation was read.',
  },

  IO_ERROR: {
    number: 300,
    class: 'StorageError',
    action: 'reopen',
    summary: 'The operating system refused to read or write a file; the cause says why.',
  },
  NO_SPACE: {
    number: 301,
    class: 'StorageError',
    action: 'retry',
    summary: 'No disk space for what has to be written; it works again once there is some.',
  },
  STREAM_CORRUPT: {
    number: 302,
    class: 'StorageError',
    action: 'stop',
    summary: 'Stored bytes are damaged where they were durable; the stream waits for repair.',
  },
  STORE_LOCKED: {
    number: 303,
    class: 'StorageError',
    action: 'stop',
    summary: 'Another process is the writer of this data directory.',
  },
  STREAM_CLOSED: {
    number: 304,
    class: 'StorageError',
    action: 'reopen',
    summary: 'The stream was closed or deleted while it was in use.',
  },
  STREAM_POISONED: {
    number: 305,
    class: 'StorageError',
    action: 'reopen',
    summary:
      'A write or sync failed earlier, so nothing more is acknowledged until it is reopened.',
  },
  STORE_NOT_WRITABLE: {
    number: 306,
    class: 'StorageError',
    action: 'fix-request',
    summary: 'The data directory cannot be written with the rights that the process has.',
  },
  UNSUPPORTED_STORE_VERSION: {
    number: 307,
    class: 'StorageError',
    action: 'stop',
    summary: 'The data directory was made by a release that this one does not understand.',
  },
  STORE_CLOSED: {
    number: 308,
    class: 'StorageError',
    action: 'reopen',
    summary: 'The store was closed while it was in use.',
  },
  STORE_NOT_FOUND: {
    number: 309,
    class: 'StorageError',
    action: 'fix-request',
    summary: 'The directory is no data directory: it holds other things.',
  },

  TOO_MANY_CONNECTIONS: {
    number: 400,
    class: 'LimitError',
    action: 'retry',
    summary: 'The server has as many connections as it is allowed.',
  },
  TOO_MANY_SUBSCRIPTIONS: {
    number: 401,
    class: 'LimitError',
    action: 'retry',
    summary: 'The connection has as many channels as it is allowed.',
  },
  THROTTLED: {
    number: 402,
    class: 'LimitError',
    action: 'retry',
    summary: 'The caller is faster than it is allowed; the details say when to try again.',
  },
  SHUTTING_DOWN: {
    number: 403,
    class: 'LimitError',
    action: 'retry',
    summary: 'The server is about to stop and takes no new work.',
  },

  CONNECTION_LOST: {
    number: null,
    class: 'ConnectionError',
    action: 'reconnect',
    summary: 'The connection ended while something still depended on it.',
  },
  CONNECT_FAILED: {
    number: null,
    class: 'ConnectionError',
    action: 'reconnect',
    summary: 'No connection to the server could be made.',
  },
  CONNECT_TIMEOUT: {
    number: null,
    class: 'ConnectionError',
    action: 'reconnect',
    summary: 'The server did not answer the connection attempt in time.',
  },
  REQUEST_TIMEOUT: {
    number: null,
    class: 'ConnectionError',
    action: 'reconnect',
    summary: 'The server did not answer a request in time; whether it acted on it is not known.',
  },
  CLIENT_CLOSED: {
    number: null,
    class: 'ConnectionError',
    action: 'reconnect',
    summary: 'The application closed the client while something still depended on it.',
  },
  ADDRESS_IN_USE: {
    number: null,
    class: 'ConnectionError',
    action: 'fix-request',
    summary: 'Another program listens at the address that the server was to use.',
  },
  SUBSCRIPTION_CLOSED: {
    number: null,
    class: 'ConnectionError',
    action: 'reopen',
    summary: 'The subscription was closed and delivers nothing more.',
  },
  PRODUCER_CLOSED: {
    number: null,
    class: 'ConnectionError',
    action: 'reopen',
    summary: 'The producer was closed and takes nothing more.',
  },
  UNKNOWN_SERVER_ERROR: {
    number: null,
    class: 'ConnectionError',
    action: 'stop',
    summary: 'The server reported an error number that this release does not know.',
  },
} as const satisfies Record<string, ErrorRegistration>

/** Any code of the registry. */
export type ErrorCode = keyof typeof ERROR_REGISTRY

/** The codes that belong to one class. */
export type ErrorCodeOf<Name extends ErrorClassName> = {
  [Code in ErrorCode]: (typeof ERROR_REGISTRY)[Code]['class'] extends Name ? Code : never
}[ErrorCode]

/** Codes of a {@link FormatError}: bytes at rest that are not what they should be. */
export type FormatErrorCode = ErrorCodeOf<'FormatError'>
/** Codes of a {@link ProtocolError}: the two sides do not understand each other. */
export type ProtocolErrorCode = ErrorCodeOf<'ProtocolError'>
/** Codes of a {@link RequestError}: the request cannot be met as it is. */
export type RequestErrorCode = ErrorCodeOf<'RequestError'>
/** Codes of a {@link StorageError}: the disk, or what is on it, refuses. */
export type StorageErrorCode = ErrorCodeOf<'StorageError'>
/** Codes of a {@link LimitError}: too much at once; later it may work. */
export type LimitErrorCode = ErrorCodeOf<'LimitError'>
/** Codes of a {@link ConnectionError}: local, without a wire number. */
export type ConnectionErrorCode = ErrorCodeOf<'ConnectionError'>
