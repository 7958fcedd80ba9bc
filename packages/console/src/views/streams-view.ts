/**
 * The list of streams: what there is, how much of it, and what is going on.
 *
 * Asks the server every two seconds. Rows are kept from one answer to the next and only their changed
 * cells are written, so that focus, selection and hover survive.
 */

import type { Client, StreamInfo } from '@tailrace/client'

import { element, setText } from '../dom/elements.js'
import { Poller } from '../dom/poller.js'
import { formatRoute, streamRoute } from '../route/hash-route.js'
import { formatBytes, formatCount, formatRate } from '../text/quantities.js'
import { formatAge, isoFromUs } from '../text/times.js'
import { placeholder } from './placeholder.js'
import { StreamRates } from './stream-rates.js'

/** What the view needs. */
export interface StreamsViewOptions {
  readonly client: Client
  readonly filter: string
  /** Wall clock in milliseconds. */
  readonly nowMs: () => number
  readonly onFilter: (filter: string) => void
}

const POLL_MS = 2_000

/** More rows than anybody reads: a filter is quicker. */
const ROWS_MAX = 500

/** The cells of a row that change. */
interface StreamRow {
  readonly element: HTMLTableRowElement
  readonly cells: Readonly<Record<CellName, HTMLTableCellElement>>
}

type CellName = 'records' | 'rate' | 'size' | 'offsets' | 'lastAppend' | 'durability'

/** Class names say from which width on a column is left out. */
const COLUMNS: readonly {
  readonly name: CellName
  readonly label: string
  readonly class: string
}[] = [
  { name: 'records', label: 'Records', class: 'number' },
  { name: 'rate', label: 'Records/s', class: 'number' },
  { name: 'size', label: 'Size', class: 'number secondary' },
  { name: 'offsets', label: 'Offsets', class: 'number optional' },
  { name: 'lastAppend', label: 'Last append', class: 'number secondary' },
  { name: 'durability', label: 'Durability', class: 'optional' },
]

/** The list of streams. */
export class StreamsView {
  readonly element: HTMLElement
  readonly #options: StreamsViewOptions
  readonly #poller: Poller
  readonly #rates = new StreamRates()
  readonly #rows = new Map<string, StreamRow>()
  readonly #count = element('span', { class: 'count' })
  readonly #filter: HTMLInputElement
  readonly #body = element('tbody')
  readonly #table: HTMLTableElement
  readonly #more = element('p', { class: 'streams-more' })
  readonly #nothing = element('div')
  #streams: readonly StreamInfo[] | undefined

  constructor(options: StreamsViewOptions) {
    this.#options = options
    this.#filter = this.#createFilter()
    this.#table = this.#createTable()
    this.element = this.#createElement()
    this.#draw()
    this.#poller = new Poller({
      intervalMs: POLL_MS,
      poll: () => this.#poll(),
      // The connection says at the top of the page that it is gone; the list stays as it was.
      onError: () => undefined,
    })
  }

  /** Shows the streams of another filter, when the address was changed from outside. */
  setFilter(filter: string): void {
    if (this.#filter.value !== filter) this.#filter.value = filter
    this.#draw()
  }

  /** The connection is back: what is shown may be old. */
  refresh(): void {
    this.#poller.pollNow()
  }

  /** Stops asking. */
  close(): void {
    this.#poller.close()
  }

  async #poll(): Promise<void> {
    this.#streams = await this.#options.client.streams()
    this.#rates.update(this.#streams, this.#options.nowMs())
    this.#draw()
  }

  #draw(): void {
    const streams = this.#streams
    if (streams === undefined) {
      this.#table.hidden = true
      return
    }
    const filter = this.#filter.value.trim().toLowerCase()
    const matching = streams.filter(({ stream }) => stream.toLowerCase().includes(filter))
    const shown = matching.slice(0, ROWS_MAX)
    setText(this.#count, countText(matching.length, streams.length))
    this.#table.hidden = shown.length === 0
    this.#drawRows(shown)
    const hiddenCount = matching.length - shown.length
    this.#more.hidden = hiddenCount === 0
    setText(this.#more, `${formatCount(hiddenCount)} more: type in the filter to find them`)
    this.#drawNothing(matching.length === 0, filter)
  }

  #drawRows(streams: readonly StreamInfo[]): void {
    const names = new Set(streams.map(({ stream }) => stream))
    for (const [name, row] of this.#rows) {
      if (names.has(name)) continue
      row.element.remove()
      this.#rows.delete(name)
    }
    let place: ChildNode | null = this.#body.firstChild
    for (const info of streams) {
      const row = this.#rowOf(info.stream)
      this.#fillRow(row, info)
      if (row.element === place) place = place.nextSibling
      else this.#body.insertBefore(row.element, place)
    }
  }

  #rowOf(name: string): StreamRow {
    const known = this.#rows.get(name)
    if (known !== undefined) return known
    const link = element('a', { attributes: { href: formatRoute(streamRoute(name)) } }, name)
    const cells = Object.fromEntries(
      COLUMNS.map((column) => [column.name, element('td', { class: column.class })]),
    ) as Record<CellName, HTMLTableCellElement>
    const row = element(
      'tr',
      { attributes: { 'data-stream': name } },
      element('td', { class: 'stream-link' }, link),
      ...Object.values(cells),
    )
    const made = { element: row, cells }
    this.#rows.set(name, made)
    return made
  }

  #fillRow({ cells }: StreamRow, info: StreamInfo): void {
    const { startOffset, endOffset, lastAppendUs } = info
    const rate = this.#rates.rate(info.stream)
    setText(cells.records, formatCount(endOffset - startOffset))
    setText(cells.rate, rate === 0 ? '–' : formatRate(rate))
    cells.rate.classList.toggle('live', rate > 0)
    cells.rate.classList.toggle('quiet', rate === 0)
    setText(cells.size, formatBytes(info.sizeBytes))
    setText(cells.offsets, `${formatCount(startOffset)} … ${formatCount(endOffset)}`)
    setText(
      cells.lastAppend,
      lastAppendUs === null ? 'never' : formatAge(lastAppendUs, this.#options.nowMs()),
    )
    cells.lastAppend.title = lastAppendUs === null ? '' : isoFromUs(lastAppendUs)
    cells.lastAppend.classList.toggle('quiet', lastAppendUs === null)
    if (cells.durability.textContent !== info.durability) {
      cells.durability.replaceChildren(element('span', { class: 'badge' }, info.durability))
    }
  }

  #drawNothing(isNothing: boolean, filter: string): void {
    this.#nothing.hidden = !isNothing
    const kind = isNothing ? `${String(this.#streams?.length === 0)} ${filter}` : ''
    if (this.#nothing.dataset['kind'] === kind) return
    this.#nothing.dataset['kind'] = kind
    this.#nothing.replaceChildren(
      this.#streams?.length === 0
        ? placeholder({
            title: 'No streams yet',
            text: 'A stream comes into being when something is published to it:',
            command: 'tailrace publish orders < orders.log',
          })
        : placeholder({
            title: `No stream’s name contains “${this.#filter.value.trim()}”`,
            actions: [{ label: 'Show all', act: () => this.#clearFilter() }],
          }),
    )
  }

  #clearFilter(): void {
    this.#filter.value = ''
    this.#onFilterInput()
    this.#filter.focus()
  }

  #onFilterInput(): void {
    this.#options.onFilter(this.#filter.value)
    this.#draw()
  }

  #createFilter(): HTMLInputElement {
    return element('input', {
      class: 'field',
      attributes: {
        type: 'search',
        placeholder: 'Filter by name',
        'aria-label': 'Filter streams by name',
        autocomplete: 'off',
        spellcheck: 'false',
        value: this.#options.filter,
      },
      on: { input: () => this.#onFilterInput() },
    })
  }

  #createTable(): HTMLTableElement {
    const heads = COLUMNS.map((column) =>
      element('th', { class: column.class, attributes: { scope: 'col' } }, column.label),
    )
    const nameHead = element('th', { attributes: { scope: 'col' } }, 'Name')
    return element(
      'table',
      { class: 'streams-table', attributes: { 'aria-label': 'Streams' } },
      element('thead', {}, element('tr', {}, nameHead, ...heads)),
      this.#body,
    )
  }

  #createElement(): HTMLElement {
    const title = element('h1', {}, 'Streams', this.#count)
    const head = element('div', { class: 'streams-head' }, title, this.#filter)
    this.#more.hidden = true
    return element(
      'div',
      { class: 'streams-view' },
      element('div', { class: 'streams' }, head, this.#table, this.#more, this.#nothing),
    )
  }
}

function countText(matching: number, all: number): string {
  return matching === all ? formatCount(all) : `${formatCount(matching)} of ${formatCount(all)}`
}
