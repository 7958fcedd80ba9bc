/** What a simulation throws when the log did not keep its word. */

/** The promises that can be found broken. */
export type PromiseKind =
  | 'lost-record'
  | 'lost-stream'
  | 'invented-record'
  | 'invented-stream'
  | 'not-dense'
  | 'not-writable'
  | 'torn-tail-left'
  | 'stale-epoch'
  | 'stored-twice'
  | 'wrong-cursor'
  | 'wrong-producer'
  | 'wrong-start'
  | 'acknowledged-after-failure'
  | 'not-reported'
  | 'unexpected-error'

/** What is wrong with a store; the message says where and how it came about. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise'

  constructor(
    /** Which promise is broken. */
    readonly kind: PromiseKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
