/**
 * A client as the application sees it: one connection to one server, and the streams behind it.
 */

import { checkStreamName } from '@tailrace/format'
import { decodeListReply, FrameType, LIST_LIMIT_MAX, type StreamInfo } from '@tailrace/protocol'

import { ClientCore } from './client-core.js'
import type { Codec } from './codecs/codec.js'
import { msgpack } from './codecs/msgpack-codec.js'
import type { ClientState, Session, StateChange } from './connection/session.js'
import { Stream } from './stream.js'
import type { Unlisten } from './util/listeners.js'

/** Options of `client.stream`. */
export interface StreamOptions<T> {
  /** How values become bytes. Default `msgpack`. */
  readonly codec?: Codec<T> | undefined
}

/** A connection to a server. Made by `connect`. */
export class Client implements AsyncDisposable {
  readonly #session: Session
  readonly #core: ClientCore
  readonly #closeTimeoutMs: number
  #closing: Promise<void> | undefined

  constructor(session: Session, closeTimeoutMs: number) {
    this.#session = session
    this.#core = new ClientCore(session)
    this.#closeTimeoutMs = closeTimeoutMs
  }

  /** The server's address, as `ws:` or `wss:`. */
  get url(): string {
    return this.#session.options.address.url
  }

  /** Where the connection is: `open`, `reconnecting`, or `closed`, which it never leaves. */
  get state(): ClientState {
    return this.#session.state
  }

  /** Which server this is; stays the same over its restarts. '' after the client was closed early. */
  get serverId(): string {
    return this.#session.serverId
  }

  /** Calls `listener` after every change of state, with the error that caused it, if one did. */
  onState(listener: (change: StateChange) => void): Unlisten {
    return this.#session.onState(listener)
  }

  /**
   * Names a stream, which need not exist. Values are MessagePack unless another codec is given; `T` is
   * what the application says they are.
   *
   * @throws {RequestError} INVALID_STREAM_NAME when no stream can have this name.
   */
  stream<T = unknown>(name: string, options: StreamOptions<T> = {}): Stream<T> {
    checkStreamName(name)
    return new Stream(this.#core, name, options.codec ?? msgpack)
  }

  /** Describes every stream of the server, sorted by name. */
  async streams(): Promise<StreamInfo[]> {
    const streams: StreamInfo[] = []
    let more = true
    while (more) {
      const after = streams.at(-1)?.stream
      const page = await this.#core.call({
        type: FrameType.LIST,
        message: { limit: LIST_LIMIT_MAX, ...(after === undefined ? {} : { after }) },
        onReply: (frame) => decodeListReply(frame.body),
        isIdempotent: true,
      })
      streams.push(...page.streams)
      more = page.more && page.streams.length > 0
    }
    return streams
  }

  /**
   * Waits until what was published is acknowledged (`closeTimeoutMs` at most), ends producers and
   * subscriptions, and closes the connection. Rejects, once all that is done, when records were lost
   * that nobody was told of yet. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#flushAndClose()
    return this.#closing
  }

  /** The same as `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #flushAndClose(): Promise<void> {
    const error = await this.#core.closeProducers(this.#closeTimeoutMs)
    await this.#session.close()
    if (error !== undefined) throw error
  }
}
