/**
 * A channel that is opened again whenever it is lost: what producers and subscriptions have in common.
 *
 * ```
 *           start            link open           reply
 *   idle ──────────▶ offline ─────────▶ opening ───────▶ open
 *                      ▲  ▲                │               │
 *                      │  └── backing-off ◀┴── refused, but may be retried
 *                      └──────────── link lost ────────────┘
 *   any ── stop, or refused for good ──▶ ended
 * ```
 *
 * What is asked for and what comes on the channel is the tenant's business. The tenant is told
 * `onChannelOpen` and `onChannelLost` in turns, and `onChannelFailed` at most once, as the last call.
 */

import { TailraceError } from '@tailrace/format'
import type { AckEntry, Frame } from '@tailrace/protocol'

import type { Timer } from '../io/clock.js'
import { backOffDelayMs } from './back-off.js'
import type { ChannelHandler } from './link-contract.js'
import type { Link } from './link.js'
import type { Session, SessionMember } from './session.js'

/** Where a channel is. */
export type ChannelState = 'idle' | 'offline' | 'opening' | 'open' | 'backing-off' | 'ended'

/** The least that a reply which opens a channel says. */
export interface ChannelReply {
  readonly channel: number
}

/** Who uses a channel. */
export interface ChannelTenant<Reply extends ChannelReply> {
  /** Asks for a channel; `onReply` is to be called within the call that receives the reply. */
  requestChannel(link: Link, onReply: (reply: Reply) => void): Promise<void>
  /** The channel is open. A TailraceError thrown from here fails the channel for good. */
  onChannelOpen(reply: Reply): void
  /** The channel was open and is gone; another may come, unless the tenant detaches. */
  onChannelLost(): void
  /** Refused for good, or the session is over. */
  onChannelFailed(error: TailraceError): void
  /** Returns whether nobody needs the frame's bytes any more. */
  onFrame(frame: Frame): boolean
  onAck(entry: AckEntry): void
  /** There may be room to send. */
  onWritable(): void
}

/** Keeps a tenant's channel open. */
export class ReopeningChannel<Reply extends ChannelReply> implements SessionMember, ChannelHandler {
  readonly #session: Session
  readonly #tenant: ChannelTenant<Reply>
  #state: ChannelState = 'idle'
  #link: Link | undefined
  #number = 0
  #hasBeenOpen = false
  #refusal: TailraceError | undefined
  /** What was refused came on the open channel: that it opens again does not settle it. */
  #isProgressRefused = false
  #refusalCount = 0
  #backOffTimer: Timer | undefined

  constructor(session: Session, tenant: ChannelTenant<Reply>) {
    this.#session = session
    this.#tenant = tenant
  }

  /** Where it is. */
  get state(): ChannelState {
    return this.#state
  }

  /** The link it is open on; undefined unless it is open. */
  get link(): Link | undefined {
    return this.#link
  }

  /** Its number, while it is open. */
  get number(): number {
    return this.#number
  }

  /** The refusal that is being waited out, until what was refused succeeds; undefined when all is well. */
  get refusal(): TailraceError | undefined {
    return this.#refusal
  }

  /** Opens as soon as there is a link. Only the first call does anything. */
  start(): void {
    if (this.#state !== 'idle') return
    this.#state = 'offline'
    this.#session.join(this)
  }

  /** Something was achieved: should the server refuse again, the first wait is short. */
  noteProgress(): void {
    this.#refusalCount = 0
    this.#isProgressRefused = false
    this.#refusal = undefined
  }

  /** Gives the channel up, which the server has closed, for `error`: opens another or fails. */
  refuse(error: TailraceError): void {
    if (this.#state !== 'open' && this.#state !== 'opening') return
    const mayRetry = this.#mayRetry(error)
    if (mayRetry) this.#backOff(error)
    this.#loseChannel()
    if (!mayRetry) this.fail(error)
  }

  /** Ends for `error`: the tenant is told, the channel is closed on the server. */
  fail(error: TailraceError): void {
    if (this.#state === 'ended') return
    void this.stop()
    this.#tenant.onChannelFailed(error)
  }

  /** Ends without a word. Resolves when the server has closed the channel, or the link is gone. */
  async stop(): Promise<void> {
    const link = this.#link
    const number = this.#number
    this.detach()
    await link?.closeChannel(number)
  }

  /** Ends without a word to the server either, which has closed the channel itself. */
  detach(): void {
    this.#backOffTimer?.cancel()
    this.#link?.detach(this.#number)
    this.#link = undefined
    this.#state = 'ended'
    this.#session.leave(this)
  }

  // --- the session's events ---

  onLinkOpen(link: Link): void {
    if (this.#state === 'offline') this.#open(link)
  }

  onLinkLost(): void {
    this.#backOffTimer?.cancel()
    this.#state = 'offline'
    this.#loseChannel()
  }

  onLinkWritable(): void {
    if (this.#state === 'open') this.#tenant.onWritable()
  }

  onSessionClosed(error: TailraceError): void {
    this.fail(error)
  }

  // --- the channel's events ---

  onFrame(frame: Frame): boolean {
    return this.#tenant.onFrame(frame)
  }

  onAck(entry: AckEntry): void {
    this.#tenant.onAck(entry)
  }

  onChannelError(error: TailraceError): void {
    this.refuse(error)
  }

  // --- opening ---

  #open(link: Link): void {
    this.#state = 'opening'
    this.#tenant
      .requestChannel(link, (reply) => this.#onOpened(link, reply))
      .catch((error: unknown) => this.#onOpenFailed(link, error))
  }

  #onOpened(link: Link, reply: Reply): void {
    if (this.#state !== 'opening') {
      void link.closeChannel(reply.channel)
      return
    }
    this.#state = 'open'
    this.#link = link
    this.#number = reply.channel
    this.#hasBeenOpen = true
    if (!this.#isProgressRefused) this.#refusal = undefined
    link.attach(reply.channel, this)
    try {
      this.#tenant.onChannelOpen(reply)
    } catch (error) {
      if (!TailraceError.is(error)) throw error
      this.fail(error)
    }
  }

  #onOpenFailed(link: Link, error: unknown): void {
    if (!TailraceError.is(error)) throw error
    // The loss of the link has been dealt with already.
    if (link.state === 'open') this.refuse(error)
  }

  // --- losing ---

  #loseChannel(): void {
    if (this.#link === undefined) return
    this.#link.detach(this.#number)
    this.#link = undefined
    this.#tenant.onChannelLost()
  }

  /** To have too much open is passing for who had it open before, and a mistake for who had not. */
  #mayRetry(error: TailraceError): boolean {
    if (error.code === 'TOO_MANY_SUBSCRIPTIONS' && !this.#hasBeenOpen) return false
    return error.action === 'retry' || error.action === 'reconnect'
  }

  #backOff(error: TailraceError): void {
    const { environment, retry } = this.#session.options
    const delayMs = backOffDelayMs(this.#refusalCount, retry, environment.random)
    this.#isProgressRefused ||= this.#state === 'open'
    this.#state = 'backing-off'
    this.#refusal = error
    this.#refusalCount += 1
    this.#backOffTimer = environment.clock.after(Math.max(delayMs, retryAfterMs(error)), () => {
      this.#onBackOffOver()
    })
  }

  #onBackOffOver(): void {
    this.#state = 'offline'
    const link = this.#session.openLink
    if (link !== undefined) this.#open(link)
  }
}

/** How long the server asks to be left alone, in milliseconds; 0 if it does not say. */
function retryAfterMs(error: TailraceError): number {
  const { retryAfterMs: value } = error.details
  return typeof value === 'number' && value > 0 ? value : 0
}
