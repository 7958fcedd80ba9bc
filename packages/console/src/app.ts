/**
 * The page as a whole: which view the address names, and the words around it.
 */

import { msgpack, type Client } from '@tailrace/client'

import { element } from './dom/elements.js'
import { formatRoute, parseRoute, type Route, type StreamRoute } from './route/hash-route.js'
import type { TailReader } from './tail/tail-reader.js'
import { StreamView } from './views/stream-view.js'
import { StreamsView } from './views/streams-view.js'

/** What the page needs. */
export interface AppOptions {
  readonly client: Client
  readonly main: HTMLElement
  readonly crumbs: HTMLElement
  /** Wall clock in milliseconds. */
  readonly nowMs: () => number
  /** Milliseconds that never go back. */
  readonly elapsedMs: () => number
}

type CurrentView =
  | { readonly kind: 'streams'; readonly view: StreamsView }
  | { readonly kind: 'stream'; readonly view: StreamView; readonly name: string }

/** Shows what the address names, from now on. */
export class App {
  readonly #options: AppOptions
  #current: CurrentView | undefined
  #isConnected = true

  constructor(options: AppOptions) {
    this.#options = options
    window.addEventListener('hashchange', () => this.#show(this.#route()))
    this.#show(this.#route())
  }

  /** The reading that is shown, if a stream is. */
  get reader(): TailReader | undefined {
    return this.#current?.kind === 'stream' ? this.#current.view.reader : undefined
  }

  /** The connection was lost, or is back. */
  setConnected(isConnected: boolean): void {
    this.#isConnected = isConnected
    if (this.#current?.kind === 'stream') this.#current.view.setConnected(isConnected)
    else if (isConnected) this.#current?.view.refresh()
  }

  #route(): Route {
    return parseRoute(location.hash, this.#options.nowMs())
  }

  #show(route: Route): void {
    const current = this.#current
    if (route.view === 'streams') {
      if (current?.kind === 'streams') current.view.setFilter(route.filter)
      else this.#replace(this.#streamsView(route.filter))
    } else if (current?.kind === 'stream' && current.name === route.name) {
      current.view.update(route)
    } else {
      this.#replace(this.#streamView(route))
    }
    this.#drawFrame(route)
  }

  #replace(next: CurrentView): void {
    this.#current?.view.close()
    this.#current = next
    this.#options.main.replaceChildren(next.view.element)
  }

  #streamsView(filter: string): CurrentView {
    const { client, nowMs } = this.#options
    const view = new StreamsView({
      client,
      filter,
      nowMs,
      onFilter: (text) => this.#go({ view: 'streams', filter: text }, false),
    })
    return { kind: 'streams', view }
  }

  #streamView(route: StreamRoute): CurrentView {
    const { client, nowMs, elapsedMs } = this.#options
    const view = new StreamView({
      client,
      route,
      nowMs,
      elapsedMs,
      decodeMessagePack: (bytes) => msgpack.decode(bytes),
      onRoute: (next, isStep) => this.#go(next, isStep),
    })
    view.setConnected(this.#isConnected)
    return { kind: 'stream', view, name: route.name }
  }

  /** Goes to another state; only a step is one that "back" undoes. */
  #go(route: Route, isStep: boolean): void {
    const hash = formatRoute(route)
    if (isStep) history.pushState(null, '', hash)
    else history.replaceState(null, '', hash)
    this.#show(route)
  }

  #drawFrame(route: Route): void {
    const { crumbs } = this.#options
    if (route.view === 'streams') {
      document.title = 'Streams · Tailrace'
      crumbs.replaceChildren(element('span', { attributes: { 'aria-current': 'page' } }, 'Streams'))
      return
    }
    document.title = `${route.name} · Tailrace`
    crumbs.replaceChildren(
      element('a', { attributes: { href: '#/' } }, 'Streams'),
      element('span', { class: 'mono', attributes: { 'aria-current': 'page' } }, route.name),
    )
  }
}
