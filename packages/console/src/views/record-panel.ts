/**
 * One record in full: where it is, when it came, what came with it, the batch it lies in, its value.
 */

import { button, element, setText } from '../dom/elements.js'
import { icon } from '../dom/icons.js'
import type { ValueFormat } from '../route/hash-route.js'
import type { KeptBatch } from '../tail/kept-batch.js'
import { formatBytes, formatCount } from '../text/quantities.js'
import { formatSpanUs, isoFromUs, localTime } from '../text/times.js'
import { hexOf } from '../values/hex.js'
import { toJsonText } from '../values/plain-json.js'
import { detailValue, type ValueDetails } from '../values/value-details.js'
import type { DecodeMessagePack } from '../values/value-reading.js'
import { escapeInvisible, textOf } from '../values/value-token.js'
import { drawTokens } from './value-tokens.js'

/** A record, found. */
export interface FoundRecord {
  readonly batch: KeptBatch
  readonly index: number
}

/** What the panel needs. */
export interface RecordPanelOptions {
  readonly stream: string
  readonly decodeMessagePack: DecodeMessagePack
  readonly onStep: (by: 1 | -1) => void
  readonly onClose: () => void
}

const HEADER_CHARACTERS_MAX = 4_000

/** The names by which kinds of values go. */
const KIND_NAMES: Readonly<Record<ValueDetails['kind'], string>> = {
  empty: 'empty',
  json: 'JSON',
  msgpack: 'MessagePack',
  text: 'text',
  binary: 'bytes',
}

type Property = readonly [name: string, value: string | Node]

/** The details beside the list. */
export class RecordPanel {
  readonly element: HTMLElement
  readonly #options: RecordPanelOptions
  readonly #title = element('h2')
  readonly #body = element('div', { class: 'record-body', attributes: { tabindex: 0 } })

  constructor(options: RecordPanelOptions) {
    this.#options = options
    const iconButton = (name: 'up' | 'down' | 'close', label: string, act: () => void) =>
      button(
        {
          class: 'button icon-only',
          attributes: { 'aria-label': label, title: label },
          onClick: act,
        },
        icon(name),
      )
    const head = element(
      'header',
      { class: 'record-head' },
      this.#title,
      iconButton('up', 'Record before', () => options.onStep(-1)),
      iconButton('down', 'Record after', () => options.onStep(1)),
      iconButton('close', 'Close details', options.onClose),
    )
    this.element = element(
      'aside',
      { class: 'record', attributes: { 'aria-label': 'Record details' } },
      head,
      this.#body,
    )
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') options.onClose()
    })
  }

  /** Says that the record is being fetched, or why it cannot be shown. */
  showText(offset: number, text: string): void {
    setText(this.#title, `Record ${offset}`)
    this.#body.replaceChildren(element('p', { class: 'record-note' }, text))
  }

  /** Shows a record. */
  show({ batch, index }: FoundRecord, format: ValueFormat): void {
    const offset = batch.offset(index)
    setText(this.#title, `Record ${offset}`)
    const value = batch.value(index)
    const headers = batch.headers(index)
    this.#body.replaceChildren(
      this.#valueSection(offset, value, format),
      section('Record', properties(recordProperties({ batch, index }))),
      ...(headers === undefined ? [] : [this.#headersSection(headers)]),
      section('Batch', properties(batchProperties({ batch, index }))),
    )
    this.#body.scrollTop = 0
  }

  #valueSection(offset: number, value: Uint8Array, format: ValueFormat): HTMLElement {
    const details = detailValue(value, format, this.#options.decodeMessagePack)
    const heading = element(
      'h3',
      {},
      `Value · ${KIND_NAMES[details.kind]} · ${formatBytes(value.length)}`,
      element('span', { class: 'spring' }),
      ...copyButton(copiedText(details, value)),
      button(
        { class: 'button', onClick: () => saveFile(value, `${this.#options.stream}-${offset}`) },
        'Save',
      ),
    )
    const made = element('section', {}, heading)
    if (details.kind !== 'empty') made.append(valueBlock(details))
    if (details.note !== undefined) {
      made.append(element('p', { class: 'record-note' }, details.note))
    }
    return made
  }

  #headersSection(bytes: Uint8Array): HTMLElement {
    try {
      const headers = this.#options.decodeMessagePack(bytes)
      const entries = Object.entries(headers as Record<string, unknown>)
      return section(
        'Headers',
        properties(
          entries.map(([name, value]) => [escapeInvisible(name), mono(headerText(value))]),
        ),
      )
    } catch {
      const text = `${formatBytes(bytes.length)} that are not a MessagePack map`
      return section('Headers', element('p', { class: 'record-note' }, text))
    }
  }
}

function recordProperties({ batch, index }: FoundRecord): Property[] {
  const { appendTimeUs } = batch.facts
  const createTimeUs = batch.timeUs(index)
  const key = batch.key(index)
  return [
    ['Offset', mono(String(batch.offset(index)))],
    ['Appended', time(appendTimeUs)],
    ['Created', time(createTimeUs, describeDelay(appendTimeUs - createTimeUs))],
    ...(key === undefined ? [] : [['Key', mono(keyText(key))] as const]),
  ]
}

function batchProperties({ batch, index }: FoundRecord): Property[] {
  const { facts } = batch
  const { baseOffset, lastOffset, recordCount, sizeBytes, producerId } = facts
  const common: Property[] = [
    ['Offsets', mono(baseOffset === lastOffset ? `${baseOffset}` : `${baseOffset}…${lastOffset}`)],
    ['Records', `${formatCount(recordCount)}, this is number ${formatCount(index + 1)}`],
    ['Size', `${formatBytes(sizeBytes)}, both checksums verified`],
    ['Epoch', String(facts.epoch)],
  ]
  if (producerId === 0) return [...common, ['Producer', 'without identity']]
  return [
    ...common,
    ['Producer', mono(`${producerId}, epoch ${facts.producerEpoch}`)],
    ['Sequence', mono(`${facts.baseSequence} + ${index}`)],
  ]
}

function describeDelay(delayUs: number): string {
  if (delayUs === 0) return ''
  const span = formatSpanUs(Math.abs(delayUs))
  return delayUs > 0 ? `${span} before` : `${span} after, by the producer’s clock`
}

/** Local time to the millisecond, and below it the exact instant in UTC. */
function time(timeUs: number, remark = ''): Node {
  const local = localTime(timeUs)
  const shown = element('div', { class: 'mono' }, `${local.date} ${local.time}`)
  const exact = element('div', { class: 'mono soft' }, isoFromUs(timeUs))
  const more = remark === '' ? [] : [element('div', { class: 'soft' }, remark)]
  return element('div', {}, shown, exact, ...more)
}

function keyText(key: Uint8Array): string {
  return escapeInvisible(new TextDecoder().decode(key))
}

function headerText(value: unknown): string {
  return typeof value === 'string'
    ? escapeInvisible(value)
    : escapeInvisible(toJsonText(value, HEADER_CHARACTERS_MAX))
}

function valueBlock({ body }: ValueDetails): HTMLElement {
  const block = element('pre', { class: 'value-block' })
  if (body.form === 'tokens') {
    block.classList.add('text')
    drawTokens(block, body.tokens)
    return block
  }
  for (const { address, hex, characters } of body.rows) {
    block.append(element('span', { class: 'address' }, address), `  ${hex}  ${characters}\n`)
  }
  return block
}

function section(title: string, content: Node): HTMLElement {
  return element('section', {}, element('h3', {}, title), content)
}

function properties(entries: readonly Property[]): HTMLElement {
  const list = element('dl', { class: 'properties' })
  for (const [name, value] of entries)
    list.append(element('dt', {}, name), element('dd', {}, value))
  return list
}

function mono(text: string): HTMLElement {
  return element('span', { class: 'mono' }, text)
}

/** The value as text: as it is, or where it is no text, as it is shown. */
function copiedText({ kind, body }: ValueDetails, value: Uint8Array): string {
  if (kind === 'binary') return hexOf(value)
  if (kind === 'msgpack' && body.form === 'tokens') return textOf(body.tokens)
  return new TextDecoder().decode(value)
}

/** Nothing where the page may not write to the clipboard: it was loaded over plain HTTP. */
function copyButton(text: string): HTMLButtonElement[] {
  if (!window.isSecureContext) return []
  const made = button(
    {
      class: 'button',
      onClick: () => {
        navigator.clipboard.writeText(text).then(
          () => setText(made, 'Copied'),
          () => setText(made, 'Not allowed'),
        )
      },
    },
    'Copy',
  )
  return [made]
}

function saveFile(value: Uint8Array, name: string): void {
  // The bytes are a view of a larger message, of which only they are to be saved.
  const url = URL.createObjectURL(new Blob([value.slice()]))
  element('a', { attributes: { href: url, download: name } }).click()
  URL.revokeObjectURL(url)
}
