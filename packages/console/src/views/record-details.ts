/**
 * Which record is shown in full, and where it is found: among the rows, or if it is not there, in the
 * stream.
 */

import type { ValueFormat } from '../route/hash-route.js'
import { fetchRecord } from '../tail/fetch-record.js'
import type { RowBuffer } from '../tail/row-buffer.js'
import { explainFailure } from '../tail/tail-failure.js'
import type { TailSource } from '../tail/tail-reader.js'
import type { DecodeMessagePack } from '../values/value-reading.js'
import { RecordPanel, type FoundRecord } from './record-panel.js'

/** What the details need. */
export interface RecordDetailsOptions {
  readonly name: string
  readonly stream: TailSource
  readonly rows: RowBuffer
  readonly decodeMessagePack: DecodeMessagePack
  readonly format: ValueFormat
  readonly onStep: (by: 1 | -1) => void
  readonly onClose: () => void
}

/** The details of at most one record. */
export class RecordDetails {
  readonly #options: RecordDetailsOptions
  readonly #panel: RecordPanel
  #format: ValueFormat
  #offset: number | undefined
  /** The record that is shown, which may have left the rows. */
  #found: FoundRecord | undefined

  constructor(options: RecordDetailsOptions) {
    this.#options = options
    this.#format = options.format
    this.#panel = new RecordPanel({
      stream: options.name,
      decodeMessagePack: options.decodeMessagePack,
      onStep: options.onStep,
      onClose: options.onClose,
    })
  }

  get element(): HTMLElement {
    return this.#panel.element
  }

  /** The offset of the record that is shown, or looked for. */
  get offset(): number | undefined {
    return this.#offset
  }

  /** Shows values in another format. */
  set format(format: ValueFormat) {
    this.#format = format
    if (this.#found !== undefined) this.#panel.show(this.#found, format)
  }

  /** Shows the record at `offset`; undefined shows none. */
  show(offset: number | undefined): void {
    this.#offset = offset
    this.#found = undefined
    if (offset === undefined) return
    const row = this.#options.rows.findOffset(offset)
    if (row === undefined) void this.#fetch(offset)
    else this.#showFound(row)
  }

  /** Shows nothing more, whatever is still under way. */
  close(): void {
    this.#offset = undefined
  }

  async #fetch(offset: number): Promise<void> {
    const { stream, name } = this.#options
    this.#panel.showText(offset, 'Fetching…')
    let text = 'There is no such record yet.'
    let found: FoundRecord | undefined
    try {
      found = await fetchRecord(stream, offset)
    } catch (error) {
      const from = { kind: 'offset', offset } as const
      text = explainFailure(error, { stream: name, from, hasBegun: true }).text
    }
    if (this.#offset !== offset) return
    if (found === undefined) this.#panel.showText(offset, text)
    else this.#showFound(found)
  }

  #showFound(found: FoundRecord): void {
    this.#found = found
    this.#panel.show(found, this.#format)
  }
}
