/** What the reports of a verification work out of it. */

import { type Defect, type StreamVerification } from '@tailrace/core'

/** Whether `tailrace repair` may deal with a defect: it has nothing to restore metadata from. */
export function isRepairable({ code }: Defect): boolean {
  return code !== 'UNREADABLE' && code !== 'OFFSET_OVERLAP' && code !== 'TIME_DECREASES'
}

/** Records that cannot be read because of the defects, where it is known how many. */
export function lostRecords({ defects }: Pick<StreamVerification, 'defects'>): number {
  return defects.reduce((sum, { fromOffset, toOffset }) => {
    return fromOffset === null || toOffset === null ? sum : sum + toOffset - fromOffset
  }, 0)
}
