/**
 * What the parts of one client share: the session, its producers, and requests that outlive a link.
 *
 * Apart from `Client`, whose methods are for applications, because streams need these and nobody else
 * should see them.
 */

import { TailraceError } from '@tailrace/format'

import { RecordExtras } from './codecs/headers.js'
import type { LinkRequest, RequestType } from './connection/link-contract.js'
import type { Link } from './connection/link.js'
import type { Session } from './connection/session.js'
import { ProducerEngine, type ProducerConfig } from './producer/producer-engine.js'
import { resolveProducerOptions } from './producer/producer-options.js'

/** A request to the server, not bound to a link. */
export interface ClientRequest<Type extends RequestType, Reply> extends LinkRequest<Type, Reply> {
  /** Whether to make it again when the connection broke before the answer. */
  readonly isIdempotent: boolean
}

/** The shared parts of one client. */
export class ClientCore {
  readonly session: Session
  readonly extras = new RecordExtras()
  readonly #producers = new Set<ProducerEngine>()
  readonly #sharedProducers = new Map<string, ProducerEngine>()

  constructor(session: Session) {
    this.session = session
  }

  /**
   * Makes a request on the present link. One that may be made twice is made again on the next link, if
   * this one is lost or about to close. Rejects with the server's error, REQUEST_TIMEOUT, the error that
   * closed the session, or, if the request must not be made twice, with the loss of the link.
   */
  async call<Type extends RequestType, Reply>(request: ClientRequest<Type, Reply>): Promise<Reply> {
    let link = await this.session.whenOpen()
    for (;;) {
      try {
        return await link.request(request)
      } catch (error) {
        if (!request.isIdempotent || !isForNextLink(error, link)) throw error
      }
      link = await this.session.whenOpen(link)
    }
  }

  /** Makes a producer that is closed with the client, if not before. */
  createProducer(config: ProducerConfig): ProducerEngine {
    const engine = new ProducerEngine(this.session, config, () => {
      this.#producers.delete(engine)
    })
    this.#producers.add(engine)
    return engine
  }

  /** The producer behind `stream.publish`; another one after it has failed. */
  sharedProducer(stream: string): ProducerEngine {
    const existing = this.#sharedProducers.get(stream)
    if (existing !== undefined && existing.failure === undefined) return existing
    const engine = this.createProducer(resolveProducerOptions(stream, {}))
    this.#sharedProducers.set(stream, engine)
    return engine
  }

  /**
   * Closes every producer after its records are acknowledged; the whole session when that takes longer
   * than `timeoutMs`. Resolves with the first error by which records were lost and that nobody was told.
   */
  async closeProducers(timeoutMs: number): Promise<TailraceError | undefined> {
    const timer = this.session.options.environment.clock.after(timeoutMs, () => {
      void this.session.close()
    })
    const closing = [...this.#producers].map((producer) => producer.dispose())
    const results = await Promise.allSettled(closing)
    timer.cancel()
    const failed = results.find((result) => result.status === 'rejected')
    return failed?.reason as TailraceError | undefined
  }
}

/** Whether a request failed for a reason that ends with the link. */
function isForNextLink(error: unknown, link: Link): boolean {
  if (!TailraceError.is(error)) return false
  // Not after a protocol error: the request itself may be what the server could not understand.
  if (error === link.closedBy)
    return error.code === 'CONNECTION_LOST' || error.code === 'PEER_SILENT'
  return error.code === 'SHUTTING_DOWN' && link.closedBy === undefined
}
