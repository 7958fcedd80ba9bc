/**
 * The line under the records: what reading is doing, how fast, how far behind, and how much is kept.
 */

import { element, setAttribute, setText } from '../dom/elements.js'
import type { Rate } from '../tail/rate-meter.js'
import { describeLag, type TailStatus } from '../tail/tail-status.js'
import { formatByteRate, formatCounted, formatRate } from '../text/quantities.js'

/** What the line shows. */
export interface TailFigures {
  readonly status: TailStatus
  readonly rate: Rate
  readonly lag: number | undefined
  readonly keptRows: number
}

/** The line. */
export class TailStatusBar {
  readonly element: HTMLElement
  readonly #state: HTMLElement
  readonly #text = element('span')
  readonly #why = element('span', { class: 'why' })
  readonly #records = element('b')
  readonly #bytes = element('b')
  readonly #lag = element('span', { class: 'figure' })
  readonly #kept = element('span', { class: 'figure kept' })

  constructor() {
    const dot = element('span', { class: 'dot' })
    const attributes = { role: 'status' }
    this.#state = element('div', { class: 'state', attributes }, dot, this.#text, this.#why)
    this.element = element(
      'footer',
      { class: 'tail-status' },
      this.#state,
      element('span', { class: 'figure' }, this.#records, ' records/s'),
      element('span', { class: 'figure' }, this.#bytes),
      this.#lag,
      this.#kept,
    )
    this.#kept.title = 'Older rows make room for newer ones; the stream still has them.'
  }

  /** Shows the figures. */
  show({ status, rate, lag, keptRows }: TailFigures): void {
    setAttribute(this.#state, 'data-tone', status.tone)
    setText(this.#text, status.text)
    setText(this.#why, status.why)
    setText(this.#records, formatRate(rate.recordsPerSecond))
    setText(this.#bytes, formatByteRate(rate.bytesPerSecond))
    setText(this.#lag, describeLag(lag))
    setText(this.#kept, `${formatCounted(keptRows, 'row')} kept`)
  }
}
