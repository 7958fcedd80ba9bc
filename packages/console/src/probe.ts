/**
 * What the page lets tests, and doubting readers in the browser's own console, see: `window.tailrace`.
 *
 * Read only, and made from what is in the list, not from what was received.
 */

import type { SeenCounters } from './tail/seen-counters.js'
import type { TailReader } from './tail/tail-reader.js'

/** A record among the rows, as it is in the list. */
export interface ProbedRecord {
  readonly offset: number
  /** The value as UTF-8 text. */
  readonly text: string
}

/** The page from outside. */
export interface Probe {
  /** The counters of the reading that is shown; undefined while none is. */
  readonly seen: SeenCounters['now'] | undefined
  /** The records that are kept, oldest first. */
  readonly kept: readonly ProbedRecord[]
}

declare global {
  interface Window {
    readonly tailrace?: Probe
  }
}

/** Puts the probe into the page. */
export function installProbe(reader: () => TailReader | undefined): void {
  const probe: Probe = {
    get seen() {
      return reader()?.seen
    },
    get kept() {
      const shown = reader()
      return shown === undefined ? [] : keptRecords(shown)
    },
  }
  Object.defineProperty(window, 'tailrace', { value: Object.freeze(probe) })
}

function keptRecords({ rows }: TailReader): ProbedRecord[] {
  const decoder = new TextDecoder()
  const records: ProbedRecord[] = []
  for (let number = rows.startRow; number < rows.endRow; number++) {
    const row = rows.row(number)
    if (row?.kind !== 'record') continue
    const { batch, index } = row
    records.push({ offset: batch.offset(index), text: decoder.decode(batch.value(index)) })
  }
  return records
}
