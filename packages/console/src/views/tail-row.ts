/**
 * One row of the list: a record's offset, time, key and the front of its value; or a notice.
 *
 * Row elements are used again for other records, so everything that a row can show is written each
 * time.
 */

import { element, setAttribute, setText } from '../dom/elements.js'
import { icon } from '../dom/icons.js'
import { noticeText } from '../tail/notice.js'
import type { NoticeRow, RecordRow } from '../tail/row-buffer.js'
import { isoFromUs, localTime } from '../text/times.js'
import { escapeInvisible } from '../values/value-token.js'
import type { ValuePreview } from '../values/value-preview.js'
import { drawTokens } from './value-tokens.js'

/** The elements of a row. */
interface RowParts {
  readonly offset: HTMLElement
  readonly time: HTMLElement
  readonly date: HTMLElement
  readonly clock: HTMLElement
  readonly key: HTMLElement
  readonly value: HTMLElement
  readonly notice: HTMLElement
  readonly noticeText: HTMLElement
}

/** Longer keys are cut by the column anyway. */
const KEY_BYTES_SHOWN = 128

/** A row element and what it shows. */
export class TailRow {
  readonly element: HTMLElement
  readonly #parts: RowParts
  readonly #decoder = new TextDecoder()

  constructor() {
    const date = element('span', { class: 'date' })
    const clock = element('span', { class: 'clock' })
    const noticeText = element('span')
    const cell = { role: 'gridcell' }
    this.#parts = {
      offset: element('span', { class: 'offset', attributes: cell }),
      time: element('span', { class: 'time', attributes: cell }, date, clock),
      date,
      clock,
      key: element('span', { class: 'key', attributes: cell }),
      value: element('span', { class: 'value', attributes: cell }),
      notice: element('span', { class: 'notice', attributes: cell }, icon('alert'), noticeText),
      noticeText,
    }
    this.element = element('div', { class: 'row', attributes: { role: 'row' } })
  }

  /** Shows a record. */
  showRecord(row: RecordRow, preview: ValuePreview): void {
    const { offset, time, date, clock, key, value } = this.#parts
    const { batch, index } = row
    const { appendTimeUs } = batch.facts
    const local = localTime(appendTimeUs)
    this.#show(row.number, false)
    setText(offset, String(batch.offset(index)))
    setText(date, `${local.date} `)
    setText(clock, local.time)
    setAttribute(time, 'title', isoFromUs(appendTimeUs))
    setText(key, this.#keyText(batch.key(index)))
    setAttribute(value, 'data-kind', preview.kind)
    drawTokens(value, preview.tokens)
  }

  /** Shows a notice. */
  showNotice({ number, notice }: NoticeRow): void {
    this.#show(number, true)
    setText(this.#parts.noticeText, noticeText(notice))
    setAttribute(this.element, 'title', noticeText(notice))
  }

  #show(number: number, isNotice: boolean): void {
    const { offset, time, key, value, notice } = this.#parts
    const made = this.element
    made.id = `row-${number}`
    setAttribute(made, 'aria-rowindex', String(number + 2))
    const wasNotice = made.classList.contains('notice')
    if (made.firstChild !== null && wasNotice === isNotice) return
    made.classList.toggle('notice', isNotice)
    if (isNotice) {
      made.replaceChildren(notice)
    } else {
      made.replaceChildren(offset, time, key, value)
      setAttribute(made, 'title', undefined)
    }
  }

  #keyText(key: Uint8Array | undefined): string {
    if (key === undefined) return ''
    return escapeInvisible(this.#decoder.decode(key.subarray(0, KEY_BYTES_SHOWN)))
  }
}
