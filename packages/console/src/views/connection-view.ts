/**
 * The state of the connection, in a few words at the top of the page.
 */

import type { ConnectionStatus } from '../connection/server-connection.js'
import { button, element, setAttribute, setText } from '../dom/elements.js'

/** How much the reader should mind. */
type Tone = 'good' | 'warn' | 'bad' | 'quiet'

/** What the view needs. */
export interface ConnectionViewOptions {
  readonly target: HTMLElement
  readonly nowMs: () => number
  readonly onRetry: () => void
  readonly onReload: () => void
}

/** Shows the connection. Countdowns go on only as often as `show` is called. */
export class ConnectionView {
  readonly #options: ConnectionViewOptions
  readonly #text = element('span')
  readonly #retry: HTMLButtonElement
  readonly #reload: HTMLButtonElement

  constructor(options: ConnectionViewOptions) {
    this.#options = options
    this.#retry = button({ class: 'button', onClick: options.onRetry }, 'Try now')
    this.#reload = button({ class: 'button', onClick: options.onReload }, 'Reload')
    options.target.append(element('span', { class: 'dot' }), this.#text, this.#retry, this.#reload)
  }

  /** Shows a status. */
  show(status: ConnectionStatus): void {
    const { target, nowMs } = this.#options
    setText(this.#text, textOf(status, nowMs()))
    setAttribute(target, 'data-tone', TONES[status.state])
    setAttribute(target, 'data-state', status.state)
    setAttribute(target, 'title', 'reason' in status ? status.reason : undefined)
    this.#retry.hidden = status.state !== 'unreachable'
    this.#reload.hidden = status.state !== 'closed'
  }
}

const TONES: Readonly<Record<ConnectionStatus['state'], Tone>> = {
  connecting: 'quiet',
  open: 'good',
  reconnecting: 'warn',
  unreachable: 'warn',
  closed: 'bad',
}

function textOf(status: ConnectionStatus, nowMs: number): string {
  switch (status.state) {
    case 'connecting':
      return 'Connecting…'
    case 'open':
      return 'Connected'
    case 'reconnecting':
      return reconnectingText(secondsOf(nowMs - status.sinceMs), status.attempts)
    case 'unreachable':
      return `Server not reached · next try in ${Math.max(1, secondsOf(status.retryAtMs - nowMs))} s`
    case 'closed':
      return 'Disconnected'
  }
}

function reconnectingText(seconds: number, attempts: number): string {
  const since = seconds < 2 ? '' : ` · ${seconds} s`
  return attempts < 2 ? `Reconnecting${since}` : `Reconnecting${since} · attempt ${attempts}`
}

function secondsOf(ms: number): number {
  return Math.round(ms / 1000)
}
