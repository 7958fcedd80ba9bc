/**
 * One stream: its figures, where to read from, its records as they come, one of them in full.
 *
 * Holds the parts together. What the reader chose is in the route, which comes in through `update` and
 * goes out through `onRoute`; the view changes nothing of it by itself.
 */

import { raw, type Client, type Stream, type StreamInfo } from '@tailrace/client'

import { button, element, setAttribute, setText } from '../dom/elements.js'
import { icon } from '../dom/icons.js'
import { Poller } from '../dom/poller.js'
import { VALUE_FORMATS, type StreamRoute, type ValueFormat } from '../route/hash-route.js'
import { formatStartPosition, type StartPosition } from '../route/start-position.js'
import { codeOf, explainFailure, type TailFailure } from '../tail/tail-failure.js'
import type { TailReader } from '../tail/tail-reader.js'
import type { DecodeMessagePack } from '../values/value-reading.js'
import { placeholder } from './placeholder.js'
import { ReadingView } from './reading-view.js'
import { StartControls } from './start-controls.js'
import { StreamFacts } from './stream-facts.js'

/** What the view needs. */
export interface StreamViewOptions {
  readonly client: Client
  readonly route: StreamRoute
  /** Wall clock in milliseconds. */
  readonly nowMs: () => number
  /** Milliseconds that never go back. */
  readonly elapsedMs: () => number
  readonly decodeMessagePack: DecodeMessagePack
  /** The reader chose something else; `isStep` when "back" should lead here again. */
  readonly onRoute: (route: StreamRoute, isStep: boolean) => void
}

const POLL_MS = 1_000

const FORMAT_LABELS: Readonly<Record<ValueFormat, string>> = {
  auto: 'Auto',
  json: 'JSON',
  msgpack: 'MessagePack',
  text: 'Text',
  hex: 'Hex',
}

/** The view of one stream. */
export class StreamView {
  readonly element: HTMLElement
  readonly #options: StreamViewOptions
  readonly #facts = new StreamFacts()
  readonly #start: StartControls
  readonly #format: HTMLSelectElement
  readonly #follow: HTMLButtonElement
  readonly #pause: HTMLButtonElement
  readonly #pauseText = element('span')
  readonly #body = element('div', { class: 'stream-body' })
  #route: StreamRoute
  #stream: Stream<Uint8Array> | undefined
  #poller: Poller | undefined
  #info: StreamInfo | undefined
  #reading: ReadingView | undefined
  #isConnected = true

  constructor(options: StreamViewOptions) {
    this.#options = options
    this.#route = options.route
    const { nowMs } = options
    this.#start = new StartControls({ nowMs, onStart: (from) => this.#startFrom(from) })
    this.#format = this.#createFormat()
    this.#follow = button({ class: 'button', onClick: () => this.#toggleFollow() }, 'Follow')
    this.#follow.title = 'Keep the newest record in view, and read everything on the way there'
    this.#pause = button({ class: 'button', onClick: () => this.#togglePause() })
    this.element = this.#createElement()
    this.#open()
  }

  /** The reading that is shown, for the test hook. */
  get reader(): TailReader | undefined {
    return this.#reading?.reader
  }

  /** Shows another state of the same stream. */
  update(route: StreamRoute): void {
    const before = this.#route
    this.#route = route
    const isSameStart =
      formatStartPosition(route.from) === formatStartPosition(before.from) &&
      route.invalidFrom === before.invalidFrom
    if (!isSameStart) this.#restart()
    else this.#reading?.update(route)
    this.#drawControls()
  }

  /** The connection was lost, or is back. */
  setConnected(isConnected: boolean): void {
    this.#isConnected = isConnected
    this.#reading?.setConnected(isConnected)
    if (isConnected) this.#poller?.pollNow()
  }

  /** Ends everything. */
  close(): void {
    this.#poller?.close()
    this.#reading?.close()
  }

  #open(): void {
    const { name, from } = this.#route
    try {
      this.#stream = this.#options.client.stream(name, { codec: raw })
    } catch (error) {
      this.#showFailure(explainFailure(error, { stream: name, from, hasBegun: false }))
      return
    }
    const stream = this.#stream
    this.#poller = new Poller({
      intervalMs: POLL_MS,
      poll: async () => this.#onInfo(await stream.describe()),
      onError: (error) => {
        if (codeOf(error) === 'STREAM_NOT_FOUND') this.#reading?.setGone(error)
      },
    })
    this.#restart()
  }

  /** Reads anew from where the route says. */
  #restart(): void {
    this.#reading?.close()
    this.#reading = undefined
    const stream = this.#stream
    if (stream === undefined) return
    this.#reading = new ReadingView({
      stream,
      route: this.#route,
      elapsedMs: this.#options.elapsedMs,
      decodeMessagePack: this.#options.decodeMessagePack,
      onStart: (from) => this.#startFrom(from),
      onRecord: (record) => this.#openRecord(record),
      onChange: () => this.#drawControls(),
    })
    this.#reading.setConnected(this.#isConnected)
    if (this.#info !== undefined) this.#reading.setInfo(this.#info)
    this.#body.replaceChildren(this.#reading.element)
    this.#drawControls()
  }

  #onInfo(info: StreamInfo): void {
    this.#info = info
    this.#facts.show(info, this.#options.nowMs())
    if (this.#reading?.awaitsStream === true) this.#restart()
    else this.#reading?.setInfo(info)
  }

  #startFrom(from: StartPosition): void {
    const { name, format } = this.#route
    const route: StreamRoute = { view: 'stream', name, from, format }
    const isSame = formatStartPosition(from) === formatStartPosition(this.#route.from)
    // Once more from the same place is no new place to come back to, but it is read anew.
    this.#options.onRoute(route, !isSame)
    if (isSame) {
      this.#route = route
      this.#restart()
    }
  }

  #openRecord(record: number | undefined): void {
    const { record: _before, ...route } = this.#route
    this.#options.onRoute(record === undefined ? route : { ...route, record }, false)
  }

  #toggleFollow(): void {
    const reading = this.#reading
    if (reading !== undefined) reading.isFollowing = !reading.isFollowing
  }

  #togglePause(): void {
    this.#reading?.togglePause()
    this.#drawControls()
  }

  #drawControls(): void {
    const { format, from, invalidFrom } = this.#route
    this.#start.show(invalidFrom === undefined ? from : undefined)
    if (this.#format.value !== format) this.#format.value = format
    const isPaused = this.#reading?.reader.isPaused === true
    if (this.#pause.dataset['paused'] !== String(isPaused)) {
      this.#pause.dataset['paused'] = String(isPaused)
      setText(this.#pauseText, isPaused ? 'Resume' : 'Pause')
      this.#pause.replaceChildren(icon(isPaused ? 'play' : 'pause'), this.#pauseText)
    }
    const isReading = this.#reading?.isLive === true
    this.#pause.disabled = !isReading
    this.#follow.disabled = !isReading
    setAttribute(
      this.#follow,
      'aria-pressed',
      String(isReading && this.#reading?.isFollowing === true),
    )
  }

  #showFailure(failure: TailFailure): void {
    const { title, text } = failure
    this.#body.replaceChildren(placeholder({ title, text, isError: true }))
    this.#drawControls()
  }

  #createFormat(): HTMLSelectElement {
    const choices = VALUE_FORMATS.map((format) =>
      element('option', { attributes: { value: format } }, FORMAT_LABELS[format]),
    )
    const made = element(
      'select',
      {
        class: 'select',
        attributes: { title: 'How values are shown' },
      },
      ...choices,
    )
    made.addEventListener('change', () => {
      const format = VALUE_FORMATS.find((candidate) => candidate === made.value) ?? 'auto'
      this.#options.onRoute({ ...this.#route, format }, false)
    })
    return made
  }

  #createElement(): HTMLElement {
    const name = element('h1', { attributes: { title: this.#route.name } }, this.#route.name)
    return element(
      'section',
      { class: 'stream-view', attributes: { 'aria-label': `Stream ${this.#route.name}` } },
      element('div', { class: 'stream-head' }, name, this.#facts.element),
      element(
        'div',
        { class: 'toolbar' },
        ...this.#start.elements,
        element('span', { class: 'spring' }),
        element('label', { class: 'labelled' }, element('span', {}, 'Values'), this.#format),
        this.#follow,
        this.#pause,
      ),
      this.#body,
    )
  }
}
