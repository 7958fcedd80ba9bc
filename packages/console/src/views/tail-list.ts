/**
 * The records of one reading as a grid that can be scrolled and walked through with the keyboard.
 *
 * ```
 *   ↑ ↓   the record before, after        PgUp PgDn  a page        Home  the oldest that is kept
 *   Enter its details                     Esc  close the details   End   the newest
 * ```
 *
 * Draws at most once a frame, and then only the rows in view, however many came since.
 */

import { button, element, setAttribute, setText } from '../dom/elements.js'
import { icon } from '../dom/icons.js'
import { VirtualList } from '../dom/virtual-list.js'
import type { RecordRow, RowBuffer } from '../tail/row-buffer.js'
import { formatCount } from '../text/quantities.js'
import type { ValuePreviewer } from '../values/value-preview.js'
import { TailRow } from './tail-row.js'

/** What the list needs. */
export interface TailListOptions {
  readonly label: string
  readonly rows: RowBuffer
  readonly previewer: ValuePreviewer
  /** The reader wants to see a record in full. */
  readonly onOpen: (row: RecordRow) => void
  /** The reader wants no details. */
  readonly onDismiss: () => void
  /** The reader let go of the end. */
  readonly onLetGo: () => void
  readonly onScroll: () => void
  /** The reader wants the newest records. */
  readonly onJump: () => void
}

/** As in the style sheet. */
const ROW_HEIGHT_PX = 26

const OFFSET_WIDTH_MIN = 6
const KEY_WIDTH_MIN = 3
const KEY_WIDTH_MAX = 20

/** The grid of records. */
export class TailList {
  readonly element: HTMLElement
  readonly #options: TailListOptions
  readonly #list: VirtualList
  readonly #tailRows = new Map<HTMLElement, TailRow>()
  readonly #moreText = element('span', { class: 'more' })
  readonly #jump: HTMLButtonElement
  #previewer: ValuePreviewer
  #isContentNew = false
  /** Characters for which the columns have room; they only grow, so that nothing jumps about. */
  readonly #columnWidths = { offset: 0, key: 0 }
  /** The row that the keyboard is on. */
  #current: number | undefined

  constructor(options: TailListOptions) {
    this.#options = options
    this.#previewer = options.previewer
    const scroller = element('div', {
      class: 'scroller',
      attributes: { role: 'rowgroup', tabindex: -1 },
    })
    this.#jump = button(
      { class: 'button jump', onClick: options.onJump },
      icon('down'),
      'Jump to newest',
      this.#moreText,
    )
    this.#jump.hidden = true
    this.element = this.#createGrid(scroller)
    this.#list = new VirtualList({
      scroller,
      rowHeightPx: ROW_HEIGHT_PX,
      createRow: () => this.#createRow(),
      fillRow: (target, number) => this.#fillRow(target, number),
      onLetGo: options.onLetGo,
      onScroll: options.onScroll,
    })
  }

  get isFollowing(): boolean {
    return this.#list.isFollowing
  }

  set isFollowing(value: boolean) {
    this.#list.isFollowing = value
  }

  /** Whether the last row is in view. */
  get isAtEnd(): boolean {
    return this.#list.isAtEnd
  }

  /** How many rows can be seen at once. */
  get pageRows(): number {
    return this.#list.pageRows
  }

  /** The number behind the last row in view. */
  get visibleEnd(): number {
    return this.#list.visibleEnd
  }

  /** Shows values in another way. */
  set previewer(previewer: ValuePreviewer) {
    this.#previewer = previewer
    this.#isContentNew = true
  }

  /** The row whose details are open, or that the keyboard is on. */
  get current(): number | undefined {
    return this.#current
  }

  set current(number: number | undefined) {
    this.#current = number
    this.#markCurrent()
  }

  /** Draws what is in view now. */
  draw(): void {
    const { rows } = this.#options
    this.#list.draw(rows.startRow, rows.endRow, this.#isContentNew)
    this.#isContentNew = false
    setAttribute(this.element, 'aria-rowcount', String(rows.endRow + 1))
    this.#markCurrent()
  }

  /** Offers to jump to the newest record, with how many there are below; undefined offers nothing. */
  offerJump(moreCount: number | undefined): void {
    this.#jump.hidden = moreCount === undefined
    if (moreCount === undefined) return
    setText(this.#moreText, moreCount === 0 ? '' : `· ${formatCount(moreCount)} more`)
  }

  /** Puts an element over the rows, or nothing. */
  setOverlay(overlay: HTMLElement | undefined): void {
    this.element.querySelector(':scope > .placeholder')?.remove()
    if (overlay !== undefined) this.element.append(overlay)
  }

  /** Goes one record up or down and opens it; used by the details' own buttons too. */
  step(by: 1 | -1): void {
    this.#moveTo(by, true)
  }

  /** Ends all watching. */
  close(): void {
    this.#list.close()
  }

  focus(): void {
    this.element.focus()
  }

  // --- rows ---

  #createRow(): HTMLElement {
    const row = new TailRow()
    this.#tailRows.set(row.element, row)
    return row.element
  }

  #fillRow(target: HTMLElement, number: number): void {
    const row = this.#options.rows.row(number)
    const tailRow = this.#tailRows.get(target)
    if (row === undefined || tailRow === undefined) return
    if (row.kind === 'notice') {
      tailRow.showNotice(row)
      return
    }
    const { batch, index } = row
    const key = batch.key(index)
    if (key !== undefined) {
      this.element.classList.add('has-keys')
      this.#widen('key', Math.min(KEY_WIDTH_MAX, Math.max(KEY_WIDTH_MIN, key.length)))
    }
    this.#widen('offset', Math.max(OFFSET_WIDTH_MIN, String(batch.offset(index)).length))
    tailRow.showRecord(row, this.#previewer.preview(batch.value(index)))
  }

  #widen(column: 'offset' | 'key', width: number): void {
    if (width <= this.#columnWidths[column]) return
    this.#columnWidths[column] = width
    this.element.style.setProperty(`--${column}-width`, `${width}ch`)
  }

  #markCurrent(): void {
    const currentId = this.#current === undefined ? undefined : `row-${this.#current}`
    for (const made of this.#tailRows.keys()) {
      setAttribute(made, 'aria-selected', made.id === currentId ? 'true' : undefined)
    }
    setAttribute(this.element, 'aria-activedescendant', currentId)
  }

  // --- moving about ---

  #onClick(event: Event): void {
    // Text that was just selected is wanted as text.
    if (document.getSelection()?.type === 'Range') return
    const target = event.target instanceof Element ? event.target.closest('.spacer > .row') : null
    if (target === null) return
    const row = this.#options.rows.row(Number(target.id.slice('row-'.length)))
    if (row?.kind === 'record') this.#open(row)
  }

  #open(row: RecordRow): void {
    this.current = row.number
    this.#options.onOpen(row)
  }

  #onKey(event: KeyboardEvent): void {
    if (event.target !== this.element || event.ctrlKey || event.metaKey || event.altKey) return
    const page = Math.max(1, this.#list.pageRows - 1)
    const actions: Readonly<Record<string, () => void>> = {
      ArrowDown: () => this.#moveTo(1, false),
      ArrowUp: () => this.#moveTo(-1, false),
      PageDown: () => this.#list.scrollByRows(page),
      PageUp: () => this.#scrollUp(() => this.#list.scrollByRows(-page)),
      Home: () => this.#scrollUp(() => this.#list.scrollToStart()),
      End: () => this.#options.onJump(),
      Enter: () => this.#openCurrent(),
      Escape: () => this.#options.onDismiss(),
    }
    const act = actions[event.key]
    if (act === undefined) return
    event.preventDefault()
    act()
  }

  /** The end is let go of before the scrolling, or the next frame would undo it. */
  #scrollUp(scroll: () => void): void {
    this.#letGo()
    scroll()
  }

  #letGo(): void {
    if (!this.#list.isFollowing) return
    this.#list.isFollowing = false
    this.#options.onLetGo()
  }

  #openCurrent(): void {
    const row = this.#current === undefined ? undefined : this.#options.rows.row(this.#current)
    if (row?.kind === 'record') this.#open(row)
  }

  /** Moves by one record, over notices; from nowhere, to the last row in view. */
  #moveTo(by: 1 | -1, opens: boolean): void {
    const { rows } = this.#options
    let number = this.#current === undefined ? this.#list.visibleEnd - 1 : this.#current + by
    number = Math.max(number, rows.startRow)
    let row = rows.row(number)
    while (row?.kind === 'notice') {
      number += by
      row = rows.row(number)
    }
    if (row === undefined) return
    this.#letGo()
    this.#list.reveal(row.number)
    if (opens || this.#isOpen) this.#open(row)
    else this.current = row.number
    this.#options.onScroll()
  }

  get #isOpen(): boolean {
    return this.element.nextElementSibling !== null
  }

  #createGrid(scroller: HTMLElement): HTMLElement {
    const heads = [
      ['offset', 'Offset'],
      ['time', 'Appended'],
      ['key', 'Key'],
      ['value', 'Value'],
    ] as const
    const head = element(
      'div',
      { class: 'row row-head', attributes: { role: 'row', 'aria-rowindex': 1 } },
      ...heads.map(([name, label]) =>
        element('span', { class: name, attributes: { role: 'columnheader' } }, label),
      ),
    )
    const grid = element(
      'div',
      {
        class: 'grid',
        attributes: { role: 'grid', tabindex: 0, 'aria-label': this.#options.label },
        on: { click: (event) => this.#onClick(event) },
      },
      head,
      scroller,
      this.#jump,
    )
    grid.addEventListener('keydown', (event) => this.#onKey(event))
    return grid
  }
}
