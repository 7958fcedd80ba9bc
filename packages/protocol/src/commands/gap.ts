/**
 * GAP: records a subscription was due are gone. Delivery goes on behind them.
 */

import { Fields } from '../fields.js'

/** Why: retention removed them before they were sent, or they are damaged. */
export type GapReason = 'retention' | 'damage'

/** Body of GAP: the records from `from` (included) to `to` (excluded) will not come. */
export interface GapNotice {
  readonly from: number
  readonly to: number
  readonly reason: GapReason
}

const GAP_REASONS: readonly GapReason[] = ['retention', 'damage']

/**
 * Decodes the body of a GAP notice.
 *
 * @throws {ProtocolError} MALFORMED_FRAME, naming the field.
 */
export function decodeGapNotice(body: Uint8Array): GapNotice {
  const fields = Fields.decode(body, 'GAP')
  const from = fields.integer('from')
  const to = fields.integer('to', { min: from + 1 })
  return { from, to, reason: fields.oneOf('reason', GAP_REASONS) }
}
