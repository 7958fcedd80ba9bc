/**
 * One stream of the server, with the codec of its values.
 */

import {
  decodeDeleteReply,
  decodeDescribeReply,
  decodeEnsureReply,
  FrameType,
  type EnsureReply,
  type StreamConfigRequest,
  type StreamInfo,
} from '@tailrace/protocol'

import type { Codec } from './codecs/codec.js'
import type { RecordOptions } from './codecs/headers.js'
import type { ClientCore } from './client-core.js'
import { Producer } from './producer/producer.js'
import type { ProducerEngine } from './producer/producer-engine.js'
import { resolveProducerOptions, type ProducerOptions } from './producer/producer-options.js'
import { resolveSubscribeOptions, type SubscribeOptions } from './subscription/subscribe-options.js'
import { Subscription } from './subscription/subscription.js'
import { wholeNumber } from './util/whole-number.js'

/** Publishes to, subscribes to and administers one stream. Costs nothing to make; nothing to close. */
export class Stream<T> {
  /** The stream's name. */
  readonly name: string
  readonly #core: ClientCore
  readonly #codec: Codec<T>
  #shared: { readonly engine: ProducerEngine; readonly producer: Producer<T> } | undefined

  constructor(core: ClientCore, name: string, codec: Codec<T>) {
    this.name = name
    this.#core = core
    this.#codec = codec
  }

  /**
   * Makes the stream unless it exists; what `config` leaves out is the server's choice.
   *
   * Rejects with STREAM_EXISTS when it exists with other values for what `config` says, and with
   * INVALID_CONFIG when a value is none the server can use.
   *
   * @throws {RangeError} a number of `config` is not a whole number.
   */
  ensure(config: StreamConfigRequest = {}): Promise<EnsureReply> {
    for (const [field, value] of Object.entries(config)) {
      if (typeof value === 'number') wholeNumber(field, value)
    }
    return this.#core.call({
      type: FrameType.ENSURE,
      message: { stream: this.name, config },
      onReply: (frame) => decodeEnsureReply(frame.body),
      isIdempotent: true,
    })
  }

  /** Says where the stream begins and ends, and how it is configured. Rejects with STREAM_NOT_FOUND. */
  describe(): Promise<StreamInfo> {
    return this.#core.call({
      type: FrameType.DESCRIBE,
      message: { stream: this.name },
      onReply: (frame) => decodeDescribeReply(frame.body),
      isIdempotent: true,
    })
  }

  /**
   * Deletes the stream and everything in it, for good. Rejects with STREAM_NOT_FOUND, and with
   * CONNECTION_LOST when the connection broke before the answer: it may or may not be deleted then.
   */
  async delete(): Promise<void> {
    await this.#core.call({
      type: FrameType.DELETE,
      message: { stream: this.name },
      onReply: (frame) => decodeDeleteReply(frame.body),
      isIdempotent: false,
    })
  }

  /**
   * Publishes one record; resolves with its offset once it is acknowledged, which by default means on
   * disk. Calls of one turn share a batch. All of a client's calls for one stream go through one
   * anonymous producer, so they are stored in the order in which they were made.
   *
   * Makes the stream if it does not exist. Rejects as `Producer.publish` does.
   */
  publish(value: T, options?: RecordOptions): Promise<number> {
    return this.#sharedProducer().publish(value, options)
  }

  /** Makes a producer of its own, for many records and for control over what is in flight. */
  producer(options: ProducerOptions = {}): Producer<T> {
    return this.#producerOn(this.#core.createProducer(resolveProducerOptions(this.name, options)))
  }

  /**
   * Subscribes. The request goes out at once, so what is published after `opened()` is delivered even
   * if nobody iterates yet. Errors are thrown by the iterator.
   *
   * @throws {RangeError} an option is not a whole number in its range.
   * @throws {RequestError} INVALID_CONFIG when a time cannot be understood.
   */
  subscribe(options: SubscribeOptions = {}): Subscription<T> {
    const { session, extras } = this.#core
    const nowUs = session.options.environment.clock.nowUs()
    const config = resolveSubscribeOptions(this.name, options, nowUs)
    return new Subscription(session, config, { stream: this.name, codec: this.#codec, extras })
  }

  #sharedProducer(): Producer<T> {
    const engine = this.#core.sharedProducer(this.name)
    if (this.#shared?.engine !== engine)
      this.#shared = { engine, producer: this.#producerOn(engine) }
    return this.#shared.producer
  }

  #producerOn(engine: ProducerEngine): Producer<T> {
    return new Producer(engine, { codec: this.#codec, extras: this.#core.extras })
  }
}
