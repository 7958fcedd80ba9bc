/**
 * Says why a publish stands still although the connection does not.
 *
 * The client waits a refusal out that may pass (no disk space, too fast) and tries again. Without a word
 * about it the command would seem to hang.
 */

import { type TailraceError } from '@tailrace/format'

import { type Notices } from '../io/notices.js'

/** The part of a producer that is looked at. */
export interface RefusedProducer {
  readonly refusal: TailraceError | undefined
}

const LOOK_EVERY_MS = 1000

/** Reports each refusal that lasts, once; returns what ends it. */
export function reportRefusals(producer: RefusedProducer, notices: Notices): () => void {
  let reported: string | undefined
  const timer = setInterval(() => {
    const code = producer.refusal?.code
    if (producer.refusal !== undefined && code !== reported) {
      notices.say(`waiting, because the server says: ${producer.refusal.message} (${code ?? ''})`)
    }
    reported = code
  }, LOOK_EVERY_MS)
  return () => clearInterval(timer)
}
