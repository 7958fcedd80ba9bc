/**
 * One reading of a stream from one place: the rows, the details of one of them, the line below.
 *
 * Decides how much is wanted, and whether the end is followed:
 *
 * - Who asks for the newest (`next`, `last:…`) follows. Who asks for a place in the past looks at that
 *   place, and follows once the end has come into view.
 * - While following, everything is read; looking, a thousand rows beyond the view, so that nothing that
 *   is looked at is pushed out of the list.
 */

import type { Stream, StreamInfo } from '@tailrace/client'

import { element } from '../dom/elements.js'
import { icon } from '../dom/icons.js'
import type { StreamRoute } from '../route/hash-route.js'
import type { StartPosition } from '../route/start-position.js'
import type { RecordRow } from '../tail/row-buffer.js'
import { explainFailure, explainInvalidStart, type TailFailure } from '../tail/tail-failure.js'
import { TailReader } from '../tail/tail-reader.js'
import { describeTail } from '../tail/tail-status.js'
import { formatCount } from '../text/quantities.js'
import { ValuePreviewer } from '../values/value-preview.js'
import type { DecodeMessagePack } from '../values/value-reading.js'
import { actionButton, placeholder, type Action } from './placeholder.js'
import { RecordDetails } from './record-details.js'
import { TailList } from './tail-list.js'
import { TailStatusBar } from './tail-status-bar.js'

/** What the view needs. */
export interface ReadingViewOptions {
  readonly stream: Stream<Uint8Array>
  readonly route: StreamRoute
  /** Milliseconds that never go back. */
  readonly elapsedMs: () => number
  readonly decodeMessagePack: DecodeMessagePack
  /** The reader wants to read from elsewhere. */
  readonly onStart: (from: StartPosition) => void
  /** The reader opened a record's details, or closed them. */
  readonly onRecord: (offset: number | undefined) => void
  /** Following, pausing or the phase changed. */
  readonly onChange: () => void
}

/** Some thousand rows; batches of large values are let go of sooner. */
const LIMITS = { rowsMax: 5_000, bytesMax: 64 * 1024 * 1024 } as const

/** Rows that are read ahead of the view; the others of those kept lie behind it. */
const READ_AHEAD_ROWS = 1_000

/** From this far behind the end, jumping to it leaves out what is between. */
const JUMP_OVER_MIN = LIMITS.rowsMax

/** Records that are shown before the newest one after a jump. */
const JUMP_SHOWS = 200

/** While more comes than can be read, the time goes to reading the stream rather than to drawing. */
const RUSH_DRAW_MS = 100

/** Figures change more often than anybody can read. */
const FIGURES_MS = 250

/** A reading and its elements. */
export class ReadingView {
  readonly element: HTMLElement
  readonly reader: TailReader
  readonly #options: ReadingViewOptions
  readonly #list: TailList
  readonly #details: RecordDetails
  readonly #bar = new TailStatusBar()
  readonly #alert = element('div', { class: 'alert', attributes: { role: 'alert' } })
  readonly #tail: HTMLElement
  readonly #timer: ReturnType<typeof setInterval>
  #route: StreamRoute
  #info: StreamInfo | undefined
  /** Whether coming to the end is enough to follow it; not once the reader has switched that off. */
  #followsAtEnd: boolean
  #isConnected = true
  #isClosed = false
  #frame: number | undefined
  #drawnMs = 0
  #drawnEndRow = 0
  #overlay: string | undefined
  #shownPhase = ''

  constructor(options: ReadingViewOptions) {
    this.#options = options
    const { stream, route } = options
    this.#route = route
    this.reader = new TailReader({
      stream,
      from: route.from,
      limits: LIMITS,
      nowMs: options.elapsedMs,
      onChange: () => this.#schedule(),
    })
    this.#list = this.#createList()
    this.#details = this.#createDetails()
    this.#tail = element('div', { class: 'tail' }, this.#list.element)
    this.#alert.hidden = true
    this.element = element('div', { class: 'reading' }, this.#tail, this.#alert, this.#bar.element)
    this.#list.isFollowing = route.follow ?? followsByItself(route.from)
    this.#followsAtEnd = route.follow ?? true
    this.#timer = setInterval(() => this.#drawFigures(), FIGURES_MS)
    if (route.invalidFrom === undefined) this.reader.start()
    this.#showRecord(route.record)
    this.#schedule()
  }

  /** Whether records may still come. */
  get isLive(): boolean {
    return this.#route.invalidFrom === undefined && this.reader.phase !== 'ended'
  }

  /** Whether the newest record is kept in view. */
  get isFollowing(): boolean {
    return this.#list.isFollowing
  }

  set isFollowing(value: boolean) {
    this.#list.isFollowing = value
    this.#followsAtEnd = value
    if (value) this.reader.rowLimit = Infinity
    this.#changed()
  }

  /** The stream was deleted: who waits, or is paused, would not hear of it from the subscription. */
  setGone(error: unknown): void {
    if (this.reader.hasBegun) this.reader.fail(error)
  }

  /** Whether reading failed because there is no such stream, which may change. */
  get awaitsStream(): boolean {
    return this.#failure()?.code === 'STREAM_NOT_FOUND' && !this.reader.hasBegun
  }

  /** Stops taking records, or goes on. */
  togglePause(): void {
    if (this.reader.isPaused) this.reader.resume()
    else this.reader.pause()
    this.#drawFigures()
  }

  /** Shows another format or other details of the same reading. */
  update(route: StreamRoute): void {
    const before = this.#route
    this.#route = route
    if (route.format !== before.format) {
      this.#list.previewer = this.#createPreviewer()
      this.#details.format = route.format
      this.#schedule()
    }
    if (route.record !== this.#details.offset) this.#showRecord(route.record)
  }

  /** The stream's figures as the server last told them. */
  setInfo(info: StreamInfo): void {
    this.#info = info
    this.#schedule()
  }

  setConnected(isConnected: boolean): void {
    this.#isConnected = isConnected
    this.#drawFigures()
  }

  /** Ends the reading. */
  close(): void {
    this.#isClosed = true
    clearInterval(this.#timer)
    this.#list.close()
    this.#details.close()
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame)
    void this.reader.close()
  }

  // --- drawing ---

  /** Whatever happens, and however often: one drawing in the next frame, or soon. */
  #schedule(): void {
    if (this.#isClosed || this.#frame !== undefined) return
    this.#frame = requestAnimationFrame(() => {
      this.#frame = undefined
      const nowMs = this.#options.elapsedMs()
      if (this.#isRushing() && nowMs - this.#drawnMs < RUSH_DRAW_MS) {
        this.#schedule()
        return
      }
      this.#drawnMs = nowMs
      this.#drawnEndRow = this.reader.rows.endRow
      this.#draw()
    })
  }

  /** Whether everything in view has been replaced since it was drawn, so that nobody could read it. */
  #isRushing(): boolean {
    const newRows = this.reader.rows.endRow - this.#drawnEndRow
    return this.#list.isFollowing && newRows > this.#list.pageRows
  }

  #draw(): void {
    this.#list.draw()
    this.#followAtEnd()
    this.#findShown()
    this.reader.rowLimit = this.#list.isFollowing
      ? Infinity
      : this.#list.visibleEnd + READ_AHEAD_ROWS
    this.#drawJump()
    this.#drawOverlay()
    this.#drawAlert()
    const phase = `${this.reader.phase} ${String(this.#list.isFollowing)}`
    if (phase !== this.#shownPhase) {
      this.#shownPhase = phase
      this.#drawFigures()
      this.#options.onChange()
    }
  }

  /** Who looks at the newest record wants to see the next one too. */
  #followAtEnd(): void {
    if (this.#list.isFollowing || !this.#followsAtEnd || !this.isLive) return
    const lag = this.#lag()
    if (lag === undefined || lag > 0 || this.reader.isHolding || !this.#list.isAtEnd) return
    this.#list.isFollowing = true
    this.#schedule()
  }

  /** Records behind the end, as far as the end is known. */
  #lag(): number | undefined {
    const { nextOffset } = this.reader
    if (!this.isLive || nextOffset === undefined || this.#info === undefined) return undefined
    return Math.max(0, this.#info.visibleOffset - nextOffset)
  }

  #drawFigures(): void {
    const { reader } = this
    // Without a connection nobody knows where the end is.
    const lag = this.#isConnected ? this.#lag() : undefined
    const status = describeTail({
      phase: this.isLive ? reader.phase : 'ended',
      hasFailed: this.#failure() !== undefined,
      isConnected: this.#isConnected,
      isPaused: reader.isPaused,
      isHolding: reader.isHolding,
      isFollowing: this.#list.isFollowing,
      lag,
    })
    this.#bar.show({ status, rate: reader.rate(), lag, keptRows: reader.rows.rowCount })
  }

  #drawJump(): void {
    const { rows } = this.reader
    const below = rows.endRow - this.#list.visibleEnd
    const isOffered = !this.#list.isFollowing && (below > 0 || (this.#lag() ?? 0) > 0)
    this.#list.offerJump(isOffered && rows.rowCount > 0 ? below + (this.#lag() ?? 0) : undefined)
  }

  #jump(): void {
    const lag = this.#lag() ?? 0
    if (this.isLive && lag > JUMP_OVER_MIN && this.#info !== undefined) {
      this.reader.jumpTo(this.#info.visibleOffset - JUMP_SHOWS)
    }
    this.isFollowing = true
  }

  #changed(): void {
    this.#schedule()
    this.#options.onChange()
  }

  // --- what is said over and under the rows ---

  #failure(): TailFailure | undefined {
    const { invalidFrom, name, from } = this.#route
    if (invalidFrom !== undefined) return explainInvalidStart(invalidFrom)
    const { failure } = this.reader
    if (failure === undefined) return undefined
    return explainFailure(failure, { stream: name, from, hasBegun: this.reader.hasBegun })
  }

  #drawOverlay(): void {
    const text = this.reader.rows.rowCount > 0 ? '' : this.#emptyText()
    if (text === this.#overlay) return
    this.#overlay = text
    const failure = this.#failure()
    if (text === '') this.#list.setOverlay(undefined)
    else if (failure === undefined) this.#list.setOverlay(placeholder({ title: text }))
    else {
      const actions = this.#actions(failure)
      this.#list.setOverlay(placeholder({ ...failure, actions, isError: true }))
    }
  }

  /** What stands where the records would; the same text means the same placeholder. */
  #emptyText(): string {
    const failure = this.#failure()
    if (failure !== undefined) return `${failure.title} ${failure.text}`
    const { phase, nextOffset } = this.reader
    if (phase === 'ended') return 'The stream has ended'
    if (phase === 'opening' || nextOffset === undefined || this.#info === undefined) {
      return 'Opening…'
    }
    if ((this.#lag() ?? 0) > 0) return 'Reading…'
    return nextOffset === 0
      ? 'No records yet: waiting for the first'
      : `Waiting for record ${formatCount(nextOffset)}`
  }

  #drawAlert(): void {
    const failure = this.reader.rows.rowCount > 0 ? this.#failure() : undefined
    this.#alert.hidden = failure === undefined
    if (failure === undefined || this.#alert.dataset['code'] === failure.code) return
    this.#alert.dataset['code'] = failure.code
    this.#alert.replaceChildren(
      icon('alert'),
      element('div', { class: 'what' }, element('b', {}, failure.title), ` ${failure.text}`),
      ...this.#actions(failure).map(actionButton),
    )
  }

  #actions({ waysOn }: TailFailure): Action[] {
    return waysOn.map(({ label, from }, index) => ({
      label,
      isPrimary: index === 0,
      act: () => this.#options.onStart(from),
    }))
  }

  // --- the details of a record ---

  #showRecord(offset: number | undefined): void {
    this.#details.show(offset)
    if (offset === undefined) {
      this.#details.element.remove()
      this.#list.current = undefined
    } else {
      if (!this.#details.element.isConnected) this.#tail.append(this.#details.element)
      this.#list.current = this.reader.rows.findOffset(offset)?.number
    }
    this.#schedule()
  }

  /** A record that a link named may come into the rows after its details were fetched. */
  #findShown(): void {
    const { offset } = this.#details
    if (offset === undefined || this.#list.current !== undefined) return
    this.#list.current = this.reader.rows.findOffset(offset)?.number
  }

  #openRow(row: RecordRow): void {
    const offset = row.batch.offset(row.index)
    if (offset !== this.#details.offset) this.#options.onRecord(offset)
  }

  /** Steps along the rows, or beyond them by offset. */
  #step(by: 1 | -1): void {
    const offset = this.#details.offset
    if (offset === undefined) return
    if (this.reader.rows.findOffset(offset) !== undefined) this.#list.step(by)
    else if (offset + by >= 0) this.#options.onRecord(offset + by)
  }

  #closeDetails(): void {
    if (this.#details.offset === undefined) return
    this.#options.onRecord(undefined)
    this.#list.focus()
  }

  // --- parts ---

  #createPreviewer(): ValuePreviewer {
    return new ValuePreviewer(this.#route.format, this.#options.decodeMessagePack)
  }

  #createList(): TailList {
    return new TailList({
      label: `Records of ${this.#route.name}`,
      rows: this.reader.rows,
      previewer: this.#createPreviewer(),
      onOpen: (row) => this.#openRow(row),
      onDismiss: () => this.#closeDetails(),
      onLetGo: () => this.#changed(),
      onScroll: () => this.#schedule(),
      onJump: () => this.#jump(),
    })
  }

  #createDetails(): RecordDetails {
    const { stream, decodeMessagePack } = this.#options
    return new RecordDetails({
      name: this.#route.name,
      stream,
      rows: this.reader.rows,
      decodeMessagePack,
      format: this.#route.format,
      onStep: (by) => this.#step(by),
      onClose: () => this.#closeDetails(),
    })
  }
}

/** Whether a reading from here is about the newest records. */
function followsByItself(from: StartPosition): boolean {
  return from.kind === 'next' || from.kind === 'last'
}
