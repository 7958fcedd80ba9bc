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
  readonly #resizes: ResizeObserver
  #start = 0
  #end = 0
  #following = false
  #heightPx = -1
  /**
   * Where the scroller is and how much of it can be seen, as last heard of. To ask while drawing would
   * make the browser lay the page out in the middle of it.
   */
  #topPx = 0
  #viewPx = 0

  constructor(options: VirtualListOptions) {
    this.#options = options
    const { scroller } = options
    this.#spacer.className = 'spacer'
    this.#spacer.setAttribute('role', 'presentation')
    scroller.append(this.#spacer)
    scroller.addEventListener('scroll', () => this.#onScroll(), { passive: true })
    scroller.addEventListener('wheel', (event) => this.#onWheel(event), { passive: true })
    this.#resizes = new ResizeObserver(() => this.#onResize())
    this.#resizes.observe(scroller)
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
    return this.#heightPx - this.#viewPx - this.#topPx <= END_TOLERANCE_PX
  }

  /** The number behind the last row in view. */
  get visibleEnd(): number {
    const bottom = Math.ceil((this.#topPx + this.#viewPx) / this.#options.rowHeightPx)
    return Math.min(this.#end, this.#start + bottom)
  }

  /** How many whole rows fit. */
  get pageRows(): number {
    return Math.max(1, Math.floor(this.#viewPx / this.#options.rowHeightPx))
  }

  /** Draws the rows in view of `[start, end)`; all of them anew when their content changed. */
  draw(start: number, end: number, isContentNew = false): void {
    this.#setRange(start, end)
    if (this.#following) this.#scrollTo(this.#heightPx - this.#viewPx)
    if (isContentNew) for (const slot of this.#pool) slot.number = -1
    this.#drawVisible()
  }

  /** Brings a row into view, moving as little as possible. */
  reveal(number: number): void {
    const top = (number - this.#start) * this.#options.rowHeightPx
    const bottom = top + this.#options.rowHeightPx
    if (top < this.#topPx) this.#scrollTo(top)
    else if (bottom > this.#topPx + this.#viewPx) this.#scrollTo(bottom - this.#viewPx)
  }

  /** Scrolls by rows, up if negative. */
  scrollByRows(rows: number): void {
    this.#scrollTo(this.#topPx + rows * this.#options.rowHeightPx)
  }

  /** Scrolls to the first row. */
  scrollToStart(): void {
    this.#scrollTo(0)
  }

  /** Lets go of the scroller. */
  close(): void {
    this.#resizes.disconnect()
  }

  #setRange(start: number, end: number): void {
    const { rowHeightPx } = this.#options
    const removedPx = (start - this.#start) * rowHeightPx
    const keepsPlace = !this.#following && removedPx > 0 && this.#end > this.#start
    this.#start = start
    this.#end = end
    const heightPx = (end - start) * rowHeightPx
    if (heightPx !== this.#heightPx) {
      this.#heightPx = heightPx
      this.#spacer.style.height = `${heightPx}px`
    }
    if (keepsPlace) this.#scrollTo(this.#topPx - removedPx)
  }

  #scrollTo(topPx: number): void {
    const top = Math.max(0, Math.min(topPx, this.#heightPx - this.#viewPx))
    if (Math.abs(top - this.#topPx) < 1) return
    this.#topPx = top
    this.#options.scroller.scrollTop = top
  }

  #drawVisible(): void {
    const { rowHeightPx } = this.#options
    const firstInView = this.#start + Math.floor(this.#topPx / rowHeightPx)
    const first = Math.max(this.#start, firstInView - OVERSCAN_ROWS)
    const rowsInView = Math.ceil(this.#viewPx / rowHeightPx) + 1
    const end = Math.min(this.#end, firstInView + rowsInView + OVERSCAN_ROWS)
    this.#growPool(rowsInView + 2 * OVERSCAN_ROWS)
    const poolSize = this.#pool.length
    for (const [index, slot] of this.#pool.entries()) {
      // The one number of [first, first + poolSize) that this element stands for.
      const number = first + ((((index - first) % poolSize) + poolSize) % poolSize)
      this.#drawSlot(slot, number < end ? number : undefined)
    }
  }

  #drawSlot(slot: { element: HTMLElement; number: number }, number: number | undefined): void {
    const { rowHeightPx, fillRow } = this.#options
    setAttribute(slot.element, 'hidden', number === undefined ? '' : undefined)
    if (number !== undefined && slot.number !== number) fillRow(slot.element, number)
    slot.number = number ?? -1
    if (number === undefined) return
    const transform = `translateY(${(number - this.#start) * rowHeightPx}px)`
    if (slot.element.style.transform !== transform) slot.element.style.transform = transform
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

  /** Following puts the place at the end; to be above it means that the reader has scrolled. */
  #onScroll(): void {
    const topPx = this.#options.scroller.scrollTop
    const hasMovedUp = topPx < this.#topPx - END_TOLERANCE_PX
    this.#topPx = topPx
    if (this.#following && hasMovedUp && !this.isAtEnd) this.#letGo()
    this.#options.onScroll()
  }

  /** At once, before the next frame would put the end back into view. */
  #onWheel(event: WheelEvent): void {
    if (this.#following && event.deltaY < 0 && this.#heightPx > this.#viewPx) this.#letGo()
  }

  #onResize(): void {
    const { scroller, onScroll } = this.#options
    this.#viewPx = scroller.clientHeight
    this.#topPx = scroller.scrollTop
    onScroll()
  }

  #letGo(): void {
    this.#following = false
    this.#options.onLetGo()
  }
}
