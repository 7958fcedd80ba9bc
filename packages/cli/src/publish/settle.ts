/**
 * The end of a publish: waits until the server has acknowledged what was sent.
 *
 * Without Ctrl-C it waits as long as the client goes on trying. After Ctrl-C somebody wants the prompt
 * back: it waits a few seconds, and the next Ctrl-C ends that.
 */

import { type Interrupts } from '../io/interrupts.js'
import { unlessAborted } from '../io/abort.js'
import { type Notices } from '../io/notices.js'
import { countOf } from '../text/numbers.js'
import { type Tally } from './tally.js'

/** What is waited for, and what cuts it short. */
export interface SettleOptions {
  /** Resolves when everything is acknowledged. */
  readonly flush: () => Promise<void>
  readonly tally: Pick<Tally, 'pendingCount'>
  readonly interrupts: Interrupts
  readonly notices: Notices
}

/** An acknowledgement usually takes no longer: then nothing is said. */
const PATIENCE_MS = 300

/** How long after Ctrl-C acknowledgements are waited for. */
const LAST_WAIT_MS = 10_000

/**
 * Resolves when everything that was sent is acknowledged, or after Ctrl-C when it is not worth waiting
 * any longer; `tally` tells which.
 *
 * @throws {TailraceError} why it can never be acknowledged
 */
export async function settle(options: SettleOptions): Promise<void> {
  const { flush, tally, interrupts, notices } = options
  await unlessAborted(flush(), interrupts.signal)
  if (!interrupts.signal.aborted || tally.pendingCount === 0) return
  const flushed = flush()
  await unlessAborted(
    flushed,
    AbortSignal.any([interrupts.urged, AbortSignal.timeout(PATIENCE_MS)]),
  )
  if (tally.pendingCount === 0 || interrupts.urged.aborted) return
  const pending = countOf(tally.pendingCount, 'record')
  notices.say(`interrupted: waiting for ${pending} to be acknowledged; Ctrl-C again to give up`)
  await unlessAborted(
    flushed,
    AbortSignal.any([interrupts.urged, AbortSignal.timeout(LAST_WAIT_MS)]),
  )
}
