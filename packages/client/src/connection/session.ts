/**
 * The connection as the application sees it: one thing that outlives the links it is made of.
 *
 * ```
 *   connecting ──▶ open ◀──▶ reconnecting
 *        │          │              │  attempts used up, or an error that trying again cannot mend
 *        └──────────┴──── close ───┴──▶ closed
 * ```
 *
 * The first connection either comes about or `start` rejects. After that a lost link is replaced by
 * a new one, with a growing random delay, and the members (producers and subscriptions) are told so
 * that they can open their channels again. Members are told in the order in which they joined.
 */

import type { TailraceError } from '@tailrace/format'
import { LIMITS, type ConnectionLimits, type GoAwayNotice } from '@tailrace/protocol'

import { Listeners, type Unlisten } from '../util/listeners.js'
import type { Timer } from '../io/clock.js'
import { backOffDelayMs, type BackOffOptions } from './back-off.js'
import { clientClosed, notConnected, reconnectGivenUp } from './connection-errors.js'
import type { LinkOptions } from './link-contract.js'
import { Link } from './link.js'
import { createDeferred, type Deferred } from '../util/deferred.js'

/** Where a client's connection is. */
export type ClientState = 'connecting' | 'open' | 'reconnecting' | 'closed'

/** A change of state, and the error that brought it about, if one did. */
export interface StateChange {
  readonly state: ClientState
  readonly error?: TailraceError
}

/** How a lost connection is replaced. */
export interface ReconnectPolicy extends BackOffOptions {
  /** Failed attempts in a row after which the client gives up. */
  readonly attemptsMax: number
}

/** What lives in a session and must know about its links. */
export interface SessionMember {
  /** A link is open: open a channel on it. */
  onLinkOpen(link: Link): void
  /** The link is gone; another may come. */
  onLinkLost(error: TailraceError): void
  /** The link may have room for more. */
  onLinkWritable(): void
  /** No link will ever come again. */
  onSessionClosed(error: TailraceError): void
}

/** What a session needs. */
export interface SessionOptions extends Omit<LinkOptions, 'events'> {
  /** Undefined: a lost connection closes the session. */
  readonly reconnect: ReconnectPolicy | undefined
  /** How long to wait before a refused request is made again on a connection that stands. */
  readonly retry: BackOffOptions
}

/** A link that lasted this long was a good one: the next delay starts small again. */
const STABLE_AFTER_MS = 5000

/** A connection that reconnects. */
export class Session {
  readonly options: SessionOptions
  readonly #members = new Set<SessionMember>()
  readonly #stateListeners = new Listeners<StateChange>()
  readonly #openWaiters = new Set<Deferred<Link>>()
  readonly #started = createDeferred<undefined>()
  #state: ClientState = 'connecting'
  #link: Link | undefined
  #limits: ConnectionLimits = LIMITS
  #serverId = ''
  #closedBy: TailraceError | undefined
  #closing: Promise<void> | undefined
  #reconnectTimer: Timer | undefined
  #goAway: GoAwayNotice | undefined
  #openedMs = 0
  /** How often the delay was doubled. */
  #backOffStep = 0
  #failedAttempts = 0

  constructor(options: SessionOptions) {
    this.options = options
  }

  /** Where the connection is. */
  get state(): ClientState {
    return this.#state
  }

  /** The link, if one is open. */
  get openLink(): Link | undefined {
    return this.#state === 'open' ? this.#link : undefined
  }

  /** Which server this is; '' before it has said so. */
  get serverId(): string {
    return this.#serverId
  }

  /** The server's limits, as last announced. */
  get limits(): ConnectionLimits {
    return this.#limits
  }

  /** The error that closed the session; undefined while it lives. */
  get closedBy(): TailraceError | undefined {
    return this.#closedBy
  }

  /** Makes the first connection. Rejects with the error that prevented it; the session is closed then. */
  async start(): Promise<void> {
    this.#openNewLink()
    await this.#started.promise
  }

  /** Calls `listener` after every change of state. */
  onState(listener: (change: StateChange) => void): Unlisten {
    return this.#stateListeners.add(listener)
  }

  /** Lets a member know of links from now on; at once if there is one. */
  join(member: SessionMember): void {
    if (this.#closedBy !== undefined) {
      member.onSessionClosed(this.#closedBy)
      return
    }
    this.#members.add(member)
    if (this.openLink !== undefined) member.onLinkOpen(this.openLink)
  }

  /** The member is told nothing further. */
  leave(member: SessionMember): void {
    this.#members.delete(member)
  }

  /**
   * Resolves with the open link, now or once there is one; with one that is not `spent`, if given.
   * Rejects with what closed the session, or with REQUEST_TIMEOUT when there is no link in the time
   * that a request may take.
   */
  async whenOpen(spent?: Link): Promise<Link> {
    if (this.openLink !== undefined && this.openLink !== spent) return this.openLink
    if (this.#closedBy !== undefined) throw this.#closedBy
    const { environment, address, requestTimeoutMs } = this.options
    const waiter = createDeferred<Link>()
    this.#openWaiters.add(waiter)
    const timer = environment.clock.after(requestTimeoutMs, () => {
      this.#openWaiters.delete(waiter)
      waiter.reject(notConnected(address, requestTimeoutMs))
    })
    try {
      return await waiter.promise
    } finally {
      timer.cancel()
    }
  }

  /**
   * Closes for good, with `error` for everything that still depends on the session. Resolves when the
   * socket is closed. Idempotent.
   */
  close(error: TailraceError = clientClosed()): Promise<void> {
    const link = this.#link
    this.#finish(error)
    this.#closing ??= link?.close(error) ?? Promise.resolve()
    return this.#closing
  }

  #openNewLink(): void {
    const { reconnect: _reconnect, retry: _retry, ...linkOptions } = this.options
    this.#link = new Link({
      ...linkOptions,
      events: {
        onOpen: () => this.#onLinkOpen(),
        onGoAway: (notice) => {
          this.#goAway = notice
        },
        onWritable: () => this.#onLinkWritable(),
        onClosed: (error) => this.#onLinkClosed(error),
      },
    })
  }

  #onLinkOpen(): void {
    const link = this.#link
    if (link === undefined || this.#state === 'closed') return
    this.#openedMs = this.options.environment.clock.elapsedMs()
    this.#failedAttempts = 0
    this.#limits = link.limits
    this.#serverId = link.welcome?.serverId ?? ''
    this.#state = 'open'
    for (const member of [...this.#members]) member.onLinkOpen(link)
    for (const waiter of this.#openWaiters) waiter.resolve(link)
    this.#openWaiters.clear()
    this.#started.resolve(undefined)
    this.#stateListeners.emit({ state: 'open' })
  }

  #onLinkWritable(): void {
    for (const member of this.#members) member.onLinkWritable()
  }

  #onLinkClosed(error: TailraceError): void {
    this.#link = undefined
    switch (this.#state) {
      case 'closed':
        return
      case 'connecting':
        this.#finish(error)
        return
      case 'open':
        this.#onLinkLost(error)
        return
      case 'reconnecting':
        this.#onAttemptFailed(error)
    }
  }

  #onLinkLost(error: TailraceError): void {
    const { reconnect, environment } = this.options
    if (environment.clock.elapsedMs() - this.#openedMs >= STABLE_AFTER_MS) this.#backOffStep = 0
    this.#state = 'reconnecting'
    for (const member of [...this.#members]) member.onLinkLost(error)
    if (reconnect === undefined || isFinal(error)) {
      this.#finish(error)
      return
    }
    this.#scheduleAttempt(reconnect)
    this.#stateListeners.emit({ state: 'reconnecting', error })
  }

  #onAttemptFailed(error: TailraceError): void {
    const { reconnect, address } = this.options
    this.#failedAttempts += 1
    if (reconnect === undefined || isFinal(error)) {
      this.#finish(error)
    } else if (this.#failedAttempts >= reconnect.attemptsMax) {
      this.#finish(reconnectGivenUp(address, this.#failedAttempts, error))
    } else {
      this.#scheduleAttempt(reconnect)
    }
  }

  #scheduleAttempt(policy: ReconnectPolicy): void {
    const { clock } = this.options.environment
    this.#reconnectTimer = clock.after(this.#nextDelayMs(policy), () => this.#openNewLink())
  }

  /** After a GOAWAY the server says over what time its clients should spread; else the back-off. */
  #nextDelayMs(policy: ReconnectPolicy): number {
    const { random } = this.options.environment
    const goAway = this.#goAway
    this.#goAway = undefined
    if (goAway !== undefined) return Math.floor(random() * goAway.jitterMs)
    const delayMs = backOffDelayMs(this.#backOffStep, policy, random)
    this.#backOffStep += 1
    return delayMs
  }

  #finish(error: TailraceError): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#closedBy = error
    this.#reconnectTimer?.cancel()
    this.#started.reject(error)
    for (const waiter of this.#openWaiters) waiter.reject(error)
    this.#openWaiters.clear()
    for (const member of [...this.#members]) member.onSessionClosed(error)
    this.#members.clear()
    this.#stateListeners.emit({ state: 'closed', error })
  }
}

/** Whether connecting again would only fail in the same way. */
function isFinal(error: TailraceError): boolean {
  return error.action === 'stop' || error.action === 'fix-request'
}
