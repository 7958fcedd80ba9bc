/**
 * What the list says between records: that some are missing, and why.
 *
 * Nothing is ever left out in silence. Each notice is one row, in the place where it happened.
 */

import { formatCount } from '../text/quantities.js'

/** Why records `[from, to)` are not in the list. */
export type MissingReason =
  | 'retention'
  | 'damage'
  /** The reader asked for the newest and skipped these. */
  | 'jump'

/** A row that is not a record. */
export type Notice =
  | {
      readonly kind: 'missing'
      readonly from: number
      readonly to: number
      readonly reason: MissingReason
    }
  | { readonly kind: 'message'; readonly text: string }

const REASONS: Readonly<Record<MissingReason, string>> = {
  retention: 'removed by retention',
  damage: 'damaged on disk',
  jump: 'skipped on the way to the newest',
}

/** A notice in one sentence, without a full stop: it stands alone in its row. */
export function noticeText(notice: Notice): string {
  if (notice.kind === 'message') return notice.text
  const { from, to, reason } = notice
  const count = to - from
  const state = reason === 'jump' ? 'not shown' : 'gone'
  if (count === 1) return `Record ${from} is ${state}: ${REASONS[reason]}`
  return `Records ${from}–${to - 1} are ${state}: ${formatCount(count)} ${REASONS[reason]}`
}
