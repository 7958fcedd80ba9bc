/**
 * The requests that wait for their reply, by id.
 *
 * A reply is handed to its request within the call that received it, not in a later microtask: a
 * reply that opens a channel may be followed by that channel's frames in the same turn.
 */

import { ConnectionError, type TailraceError } from '@tailrace/format'
import { ARGUMENT_MAX, type Frame } from '@tailrace/protocol'

import type { Clock, Timer } from '../io/clock.js'

interface PendingRequest {
  readonly onReply: (frame: Frame) => void
  readonly reject: (error: TailraceError) => void
  readonly timer: Timer
}

/** What is asked, and how its reply is read. */
export interface ReplyReader<T> {
  /** The command's name, for messages. */
  readonly name: string
  /** Reads the reply; called at once when it arrives. What it throws rejects the request. */
  readonly onReply: (frame: Frame) => T
}

/** The table of one connection. */
export class PendingRequests {
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #pending = new Map<number, PendingRequest>()
  #lastId = 0

  constructor(options: { readonly clock: Clock; readonly timeoutMs: number }) {
    this.#clock = options.clock
    this.#timeoutMs = options.timeoutMs
  }

  /** How many wait. */
  get count(): number {
    return this.#pending.size
  }

  /**
   * Enters a request; `send` is called with its id. The promise rejects with REQUEST_TIMEOUT when
   * nothing came in time.
   */
  add<T>(reader: ReplyReader<T>, send: (id: number) => void): Promise<T> {
    const id = this.#nextId()
    return new Promise<T>((resolve, reject) => {
      const timer = this.#clock.after(this.#timeoutMs, () => {
        this.#pending.delete(id)
        reject(this.#timedOut(reader.name))
      })
      const onReply = (frame: Frame): void => {
        resolve(reader.onReply(frame))
      }
      this.#pending.set(id, { onReply, reject, timer })
      send(id)
    })
  }

  /**
   * Hands a reply to its request; false when no request of that id waits.
   *
   * What reading the reply throws rejects the request and is thrown on, for the connection.
   */
  reply(frame: Frame): boolean {
    const request = this.#take(frame.argument)
    if (request === undefined) return false
    try {
      request.onReply(frame)
    } catch (error) {
      request.reject(error as TailraceError)
      throw error
    }
    return true
  }

  /** Fails a request with the server's error; false when no request of that id waits. */
  fail(id: number, error: TailraceError): boolean {
    const request = this.#take(id)
    request?.reject(error)
    return request !== undefined
  }

  /** Fails every request that waits. */
  failAll(error: TailraceError): void {
    for (const id of [...this.#pending.keys()]) this.fail(id, error)
  }

  #take(id: number): PendingRequest | undefined {
    const request = this.#pending.get(id)
    this.#pending.delete(id)
    request?.timer.cancel()
    return request
  }

  #nextId(): number {
    do {
      this.#lastId = this.#lastId === ARGUMENT_MAX ? 1 : this.#lastId + 1
    } while (this.#pending.has(this.#lastId))
    return this.#lastId
  }

  #timedOut(name: string): TailraceError {
    return new ConnectionError(
      'REQUEST_TIMEOUT',
      `no reply to ${name} within ${this.#timeoutMs} ms; the server may have acted on it`,
      { details: { command: name, timeoutMs: this.#timeoutMs } },
    )
  }
}
