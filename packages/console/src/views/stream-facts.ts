/**
 * The figures of a stream, beside its name.
 */

import type { StreamInfo } from '@tailrace/client'

import { element, setText } from '../dom/elements.js'
import { formatBytes, formatCount } from '../text/quantities.js'
import { formatAge, isoFromUs } from '../text/times.js'

type FactName = 'Records' | 'Offsets' | 'Size' | 'Durability' | 'Last append'

const FACTS: readonly { readonly name: FactName; readonly class?: string }[] = [
  { name: 'Records' },
  { name: 'Offsets' },
  { name: 'Size' },
  { name: 'Durability', class: 'secondary' },
  { name: 'Last append', class: 'secondary' },
]

/** A list of figures; empty until there are some. */
export class StreamFacts {
  readonly element: HTMLElement
  readonly #values = new Map<FactName, HTMLElement>()

  constructor() {
    this.element = element('dl', { class: 'facts' })
    for (const fact of FACTS) {
      const value = element('dd')
      this.#values.set(fact.name, value)
      const looks = fact.class === undefined ? {} : { class: fact.class }
      this.element.append(element('div', looks, element('dt', {}, fact.name), value))
    }
    this.element.hidden = true
  }

  /** Shows the figures. */
  show(info: StreamInfo, nowMs: number): void {
    const { startOffset, endOffset, sizeBytes, segmentCount, durability, lastAppendUs } = info
    this.element.hidden = false
    this.#set('Records', formatCount(endOffset - startOffset))
    this.#set('Offsets', `${formatCount(startOffset)} … ${formatCount(endOffset)}`)
    const segments = `${formatCount(segmentCount)} segment${segmentCount === 1 ? '' : 's'}`
    this.#set('Size', formatBytes(sizeBytes), segments)
    this.#set('Durability', durability)
    this.#set(
      'Last append',
      lastAppendUs === null ? 'never' : formatAge(lastAppendUs, nowMs),
      lastAppendUs === null ? '' : isoFromUs(lastAppendUs),
    )
  }

  #set(name: FactName, text: string, title = ''): void {
    const value = this.#values.get(name)
    if (value === undefined) return
    setText(value, text)
    value.title = title
  }
}
