/** Ranges of records for people. */

import { countOf } from './numbers.js'

/** `3 records (offsets 7 to 9)`; `to` is exclusive, the text is not. */
export function recordRange(from: number, to: number): string {
  const offsets = to - from === 1 ? `offset ${from}` : `offsets ${from} to ${to - 1}`
  return `${countOf(to - from, 'record')} (${offsets})`
}
