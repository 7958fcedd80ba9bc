/**
 * The page's one connection, and what to tell the reader about it.
 *
 * Once it has been open, the client keeps it alive by itself; a first connection that fails is tried
 * again here, with a growing delay that the reader can see and cut short.
 */

import { connect, type Client } from '@tailrace/client'

/** Where the connection is. Times are those of `nowMs`. */
export type ConnectionStatus =
  | { readonly state: 'connecting' }
  | { readonly state: 'open' }
  /** It was lost and is being made anew; `attempts` counts those begun. */
  | { readonly state: 'reconnecting'; readonly sinceMs: number; readonly attempts: number }
  /** It has never been open; the next attempt comes at `retryAtMs`. */
  | { readonly state: 'unreachable'; readonly retryAtMs: number; readonly reason: string }
  /** It is over, and trying again would only fail in the same way. */
  | { readonly state: 'closed'; readonly reason: string }

/** What the connection needs. */
export interface ServerConnectionOptions {
  readonly url: string
  readonly nowMs: () => number
  readonly onChange: () => void
}

const RECONNECT = { baseMs: 250, maxMs: 5_000, attemptsMax: Number.MAX_SAFE_INTEGER } as const
const FIRST_RETRY_MS = 1_000
const RETRY_MS_MAX = 15_000

/** A connection that is tried for until it is there. */
export class ServerConnection {
  readonly #options: ServerConnectionOptions
  #status: ConnectionStatus = { state: 'connecting' }
  #attempts = 0
  #cutShort: (() => void) | undefined

  constructor(options: ServerConnectionOptions) {
    this.#options = options
  }

  get status(): ConnectionStatus {
    return this.#status
  }

  /** Resolves with the client once the server has been reached, however long that takes. */
  async open(): Promise<Client> {
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, RETRY_MS_MAX)) {
      this.#setStatus({ state: 'connecting' })
      try {
        return await this.#connect()
      } catch (error) {
        await this.#wait(retryMs, messageOf(error))
      }
    }
  }

  /** Tries again at once, if a first connection waits for its next attempt. */
  retryNow(): void {
    this.#cutShort?.()
  }

  async #connect(): Promise<Client> {
    const client = await connect(this.#options.url, {
      name: 'tailrace-console',
      reconnect: RECONNECT,
      // The client does not say when it tries; it can only be seen to ask for a WebSocket.
      webSocket: (url, subprotocol) => {
        this.#onAttempt()
        return new WebSocket(url, subprotocol)
      },
    })
    this.#setStatus({ state: 'open' })
    client.onState(({ state, error }) => {
      if (state === 'open') this.#setStatus({ state: 'open' })
      if (state === 'closed') this.#setStatus({ state: 'closed', reason: messageOf(error) })
      if (state === 'reconnecting') {
        this.#attempts = 0
        this.#setReconnecting(this.#options.nowMs())
      }
    })
    return client
  }

  #onAttempt(): void {
    this.#attempts += 1
    if (this.#status.state === 'reconnecting') this.#setReconnecting(this.#status.sinceMs)
  }

  #setReconnecting(sinceMs: number): void {
    this.#setStatus({ state: 'reconnecting', sinceMs, attempts: this.#attempts })
  }

  async #wait(delayMs: number, reason: string): Promise<void> {
    const retryAtMs = this.#options.nowMs() + delayMs
    this.#setStatus({ state: 'unreachable', retryAtMs, reason })
    await new Promise<void>((resolve) => {
      this.#cutShort = resolve
      setTimeout(resolve, delayMs)
    })
    this.#cutShort = undefined
  }

  #setStatus(status: ConnectionStatus): void {
    this.#status = status
    this.#options.onChange()
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
