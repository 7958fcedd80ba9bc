/**
 * Makes the right error object from a code, or from the number that came over the wire.
 *
 * Apart from the classes because only code that relays errors (the protocol, the client) needs it;
 * everybody else constructs the class and gets its narrower code type.
 */

import { unreachable } from './assertion.js'
import {
  ConnectionError,
  FormatError,
  LimitError,
  ProtocolError,
  RequestError,
  StorageError,
} from './error-classes.js'
import {
  ERROR_REGISTRY,
  type ConnectionErrorCode,
  type ErrorCode,
  type FormatErrorCode,
  type LimitErrorCode,
  type ProtocolErrorCode,
  type RequestErrorCode,
  type StorageErrorCode,
} from './error-registry.js'
import {
  type ErrorDetails,
  type TailraceError,
  type TailraceErrorOptions,
} from './tailrace-error.js'

const CODE_BY_NUMBER: ReadonlyMap<number, ErrorCode> = new Map(
  Object.entries(ERROR_REGISTRY).flatMap(([code, { number }]) =>
    number === null ? [] : [[number, code as ErrorCode]],
  ),
)

/** Creates an error of the class that the registry names for `code`. */
export function createTailraceError(
  code: ErrorCode,
  message: string,
  options?: TailraceErrorOptions,
): TailraceError {
  const name = ERROR_REGISTRY[code].class
  switch (name) {
    case 'FormatError':
      return new FormatError(code as FormatErrorCode, message, options)
    case 'ProtocolError':
      return new ProtocolError(code as ProtocolErrorCode, message, options)
    case 'RequestError':
      return new RequestError(code as RequestErrorCode, message, options)
    case 'StorageError':
      return new StorageError(code as StorageErrorCode, message, options)
    case 'LimitError':
      return new LimitError(code as LimitErrorCode, message, options)
    case 'ConnectionError':
      return new ConnectionError(code as ConnectionErrorCode, message, options)
    default:
      return unreachable(name)
  }
}

/**
 * Creates the error that a peer reported by number.
 *
 * An unknown number (a newer peer) becomes `UNKNOWN_SERVER_ERROR` with the action `stop` and the
 * number kept as `details.number`.
 */
export function errorFromWire(
  number: number,
  message: string,
  details: ErrorDetails = {},
): TailraceError {
  const code = CODE_BY_NUMBER.get(number)
  if (code !== undefined) return createTailraceError(code, message, { details })
  return new ConnectionError('UNKNOWN_SERVER_ERROR', message, { details: { ...details, number } })
}
