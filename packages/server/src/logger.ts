/**
 * Where the server says what happened: an interface small enough for any logging library.
 *
 * The server never writes to the console by itself.
 */

/** Facts beside a message: numbers with units in their names, names of streams, error codes. */
export type LogFields = Readonly<Record<string, unknown>>

/** The four levels of a log. A method may drop what it is given, and must not throw. */
export interface Logger {
  /** Of interest to somebody who looks for a fault: one line per connection or refused request. */
  debug(message: string, fields?: LogFields): void
  /** Of interest to an operator: start, stop. */
  info(message: string, fields?: LogFields): void
  /** Something an operator may have to act on: storage refuses appends, a peer misbehaves. */
  warn(message: string, fields?: LogFields): void
  /** A bug of ours, written before the process ends. */
  error(message: string, fields?: LogFields): void
}

/** Drops everything: the default. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
}
