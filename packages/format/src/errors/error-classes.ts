/**
 * The classes of errors: few, one for each answer to "who is at fault". What happened is the code.
 *
 * A class takes only its own codes, so class and code cannot disagree. The `name` is a literal
 * on the prototype: bundlers rename classes, and a stack trace begins with what is found there.
 */

import {
  type ConnectionErrorCode,
  type FormatErrorCode,
  type LimitErrorCode,
  type ProtocolErrorCode,
  type RequestErrorCode,
  type StorageErrorCode,
} from './error-registry.js'
import { TailraceError, type TailraceErrorOptions } from './tailrace-error.js'

/** Bytes at rest, or a batch in flight, that are not what the format says. */
export class FormatError extends TailraceError {
  override readonly code: FormatErrorCode

  constructor(code: FormatErrorCode, message: string, options?: TailraceErrorOptions) {
    super(code, message, options)
    this.code = code
  }

  static {
    this.prototype.name = 'FormatError'
  }
}

/** The two ends of a connection do not understand each other; the connection closes. */
export class ProtocolError extends TailraceError {
  override readonly code: ProtocolErrorCode

  constructor(code: ProtocolErrorCode, message: string, options?: TailraceErrorOptions) {
    super(code, message, options)
    this.code = code
  }

  static {
    this.prototype.name = 'ProtocolError'
  }
}

/** A request that was understood and cannot be met as it is. */
export class RequestError extends TailraceError {
  override readonly code: RequestErrorCode

  constructor(code: RequestErrorCode, message: string, options?: TailraceErrorOptions) {
    super(code, message, options)
    this.code = code
  }

  static {
    this.prototype.name = 'RequestError'
  }
}

/** The disk, or what is on it, does not permit the operation. */
export class StorageError extends TailraceError {
  override readonly code: StorageErrorCode

  constructor(code: StorageErrorCode, message: string, options?: TailraceErrorOptions) {
    super(code, message, options)
    this.code = code
  }

  static {
    this.prototype.name = 'StorageError'
  }
}

/** Too much at once: the same request may succeed later. */
export class LimitError extends TailraceError {
  override readonly code: LimitErrorCode

  constructor(code: LimitErrorCode, message: string, options?: TailraceErrorOptions) {
    super(code, message, options)
    this.code = code
  }

  static {
    this.prototype.name = 'LimitError'
  }
}

/** The connection, or what lived on it, is gone. Local: has no number on the wire. */
export class ConnectionError extends TailraceError {
  override readonly code: ConnectionErrorCode

  constructor(code: ConnectionErrorCode, message: string, options?: TailraceErrorOptions) {
    super(code, message, options)
    this.code = code
  }

  static {
    this.prototype.name = 'ConnectionError'
  }
}
