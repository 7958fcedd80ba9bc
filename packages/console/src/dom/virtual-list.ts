/**
 * Shows a long list of rows of one height by drawing only those in view.
 *
 * Rows have numbers (see `RowBuffer`): the list knows which numbers exist and asks for a row's
 * content when it comes into view. Elements are reused by number, so that scrolling a little redraws
 * a little. While it follows, the last row stays at the bottom; a reader who scrolls up lets go of
 * the end, and rows that leave at the front then do not move what is looked at.
 *
 * Draws only when told to (once per animation frame at most): what comes between two frames costs
 * nothing here. Does not know what rows are.
 */

import { setAttribute } from './elements.js'

/** What the list needs. */
export interface VirtualListOptions {
  /** The element that scrolls; must have a height of its own. */
  readonly scroller: HTMLElement
  readonly rowHeightPx: number
  /** Makes an empty row element. */
  readonly createRow: () => HTMLElement
  /** Puts row `number` into an element that may have shown another. */
  readonly fillRow: (target: HTMLElement, number: number) => void
  /** The reader scrolled away from the end while the list followed it. */
  readonly onLetGo: () => void
  /** The reader scrolled to another place. */
  readonly onScroll: () => void
}

/** Rows drawn beyond each edge, so that a fast scroll shows no blank. */
const OVERSCAN_ROWS = 6

/** Fractions of a pixel, and zoomed screens, make "at the end" a matter of a little. */
const END_TOLERANCE_PX = 4

/** A list of rows, of which only those in view have elements. */
export class VirtualList {
  readonly #options: VirtualListOptions
  readonly #spacer = document.createElement('div')
  readonly #pool: { element: HTMLElement; number: number }[] = []
  #start = 0
  #end = 0
  #following = false
  /** Where following last put the scroll position. */
  #placedTop = 0
  #heightPx = -1

  constructor(options: VirtualListOptions) {
    this.#options = options
    this.#spacer.className = 'spacer'
    this.#spacer.setAttribute('role', 'presentation')
    options.scroller.append(this.#spacer)
    options.scroller.addEventListener('scroll', () => this.#onScroll(), { passive: true })
    options.scroller.addEventListener('wheel', (event) => this.#onWheel(event), { passive: true })
  }

  /** Whether the last row is kept in view. */
  get isFollowing(): boolean {
    return this.#following
  }

  set isFollowing(value: boolean) {
    this.#following = value
  }

  /** Whether the end of the list is in view. */
  get isAtEnd(): boolean {
    const { scroller } = this.#options
    const below = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop
    return below <= END_TOLERANCE_PX
  }

  /** The number behind the last row in view. */
  get visibleEnd(): number {
    const { scroller, rowHeightPx } = this.#options
    const bottom = Math.ceil((scroller.scrollTop + scroller.clientHeight) / rowHeightPx)
    return Math.min(this.#end, this.#start + bottom)
  }

  /** How many whole rows fit. */
  get pageRows(): number {
    const { scroller, rowHeightPx } = this.#options
    return Math.max(1, Math.floor(scroller.clientHeight / rowHeightPx))
  }

  /** Draws the rows in view of `[start, end)`; all of them anew when their content changed. */
  draw(start: number, end: number, isContentNew = false): void {
    this.#setRange(start, end)
    if (this.#following) this.#placeAtEnd()
    if (isContentNew) for (const slot of this.#pool) slot.number = -1
    this.#drawVisible()
  }

  /** Brings a row into view, moving as little as possible. */
  reveal(number: number): void {
    const { scroller, rowHeightPx } = this.#options
    const top = (number - this.#start) * rowHeightPx
    if (top < scroller.scrollTop) scroller.scrollTop = top
    const bottom = top + rowHeightPx
    if (bottom > scroller.scrollTop + scroller.clientHeight) {
      scroller.scrollTop = bottom - scroller.clientHeight
    }
  }

  /** Scrolls by pages or rows, up if negative. */
  scrollByRows(rows: number): void {
    this.#options.scroller.scrollTop += rows * this.#options.rowHeightPx
  }

  /** Scrolls to the first row. */
  scrollToStart(): void {
    this.#options.scroller.scrollTop = 0
  }

  #setRange(start: number, end: number): void {
    const { scroller, rowHeightPx } = this.#options
    const removedPx = (start - this.#start) * rowHeightPx
    const keepsPlace = !this.#following && removedPx > 0 && this.#end > this.#start
    // Read before the height changes: the browser would first cut it to the new height.
    const scrollTop = keepsPlace ? scroller.scrollTop : 0
    this.#start = start
    this.#end = end
    const heightPx = (end - start) * rowHeightPx
    if (heightPx !== this.#heightPx) {
      this.#heightPx = heightPx
      this.#spacer.style.height = `${heightPx}px`
    }
    if (keepsPlace) scroller.scrollTop = Math.max(0, scrollTop - removedPx)
  }

  #placeAtEnd(): void {
    const { scroller } = this.#options
    const top = Math.max(0, this.#heightPx - scroller.clientHeight)
    if (Math.abs(scroller.scrollTop - top) > 1) scroller.scrollTop = top
    this.#placedTop = scroller.scrollTop
  }

  #drawVisible(): void {
    const { scroller, rowHeightPx, fillRow } = this.#options
    const firstInView = this.#start + Math.floor(scroller.scrollTop / rowHeightPx)
    const first = Math.max(this.#start, firstInView - OVERSCAN_ROWS)
    const rowsInView = Math.ceil(scroller.clientHeight / rowHeightPx) + 1
    const end = Math.min(this.#end, firstInView + rowsInView + OVERSCAN_ROWS)
    this.#growPool(rowsInView + 2 * OVERSCAN_ROWS)
    const poolSize = this.#pool.length
    for (const [index, slot] of this.#pool.entries()) {
      // The one number of [first, first + poolSize) that this element stands for.
      const number = first + ((((index - first) % poolSize) + poolSize) % poolSize)
      if (number >= end) {
        setAttribute(slot.element, 'hidden', '')
        slot.number = -1
        continue
      }
      if (slot.number !== number) {
        fillRow(slot.element, number)
        slot.number = number
      }
      setAttribute(slot.element, 'hidden', undefined)
      const top = (number - this.#start) * rowHeightPx
      slot.element.style.transform = `translateY(${top}px)`
    }
  }

  #growPool(size: number): void {
    if (this.#pool.length >= size) return
    while (this.#pool.length < size) {
      const made = this.#options.createRow()
      this.#pool.push({ element: made, number: -1 })
      this.#spacer.append(made)
    }
    // Another size, another element for each number.
    for (const slot of this.#pool) slot.number = -1
  }

  #onScroll(): void {
    const { scroller, onScroll } = this.#options
    const hasMovedUp = scroller.scrollTop < this.#placedTop - END_TOLERANCE_PX
    if (this.#following && hasMovedUp && !this.isAtEnd) this.#letGo()
    onScroll()
  }

  /** At once, before the next frame would put the end back into view. */
  #onWheel(event: WheelEvent): void {
    const { scroller } = this.#options
    const canScroll = scroller.scrollHeight > scroller.clientHeight
    if (this.#following && event.deltaY < 0 && canScroll) this.#letGo()
  }

  #letGo(): void {
    this.#following = false
    this.#options.onLetGo()
  }
}
