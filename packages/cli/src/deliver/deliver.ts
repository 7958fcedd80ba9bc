/**
 * Records of a stream to stdout: what `tail` and `replay` have in common.
 *
 * Takes whole batches from the client and hands them to a writer; waits for stdout before it takes more,
 * so that a slow reader holds back the server and nothing piles up here. Records that are gone are
 * never passed over in silence: each gap is said on stderr, and counted for the exit code.
 */

import {
  type Client,
  type Gap,
  raw,
  type SubscribeOptions,
  type SubscriptionStart,
} from '@tailrace/client'

import { type Context } from '../context.js'
import { countOf } from '../text/numbers.js'
import { RecordOutput } from './record-output.js'
import { type RecordWriter } from './record-writer.js'

/** What is delivered, and how. */
export interface DeliverOptions {
  readonly client: Client
  readonly stream: string
  readonly range: Pick<SubscribeOptions, 'from' | 'to' | 'onOutOfRange'>
  readonly writer: RecordWriter
  /** Told where the delivery begins, once the server has said so. */
  readonly onStart?: (start: SubscriptionStart) => void
}

/** How a delivery ended. */
export interface DeliveryResult {
  /** Whether Ctrl-C ended it. */
  readonly isInterrupted: boolean
  /** Records that were due and are gone. */
  readonly gaps: readonly Gap[]
}

/**
 * Delivers until the end of the range, or until Ctrl-C.
 *
 * @throws {OutputClosed} the reader of stdout has gone
 * @throws {TailraceError} why the server delivers nothing, or nothing more
 */
export async function deliver(options: DeliverOptions, context: Context): Promise<DeliveryResult> {
  const { interrupts, output } = context
  const gaps: Gap[] = []
  const stop = AbortSignal.any([interrupts.signal, output.failed])
  const subscription = options.client.stream(options.stream, { codec: raw }).subscribe({
    ...options.range,
    signal: stop,
    onGap: (gap) => {
      gaps.push(gap)
      context.notices.fail(gapSentence(gap))
    },
  })
  const recordOutput = new RecordOutput(output)
  try {
    options.onStart?.(await subscription.opened())
    for await (const batch of subscription.batches()) {
      options.writer.write(batch, recordOutput.buffer)
      if (recordOutput.isFull) await recordOutput.settle()
      else recordOutput.schedule()
    }
  } catch (error) {
    if (!stop.aborted) throw error
  } finally {
    await subscription.close()
  }
  await recordOutput.end()
  output.throwIfFailed()
  return { isInterrupted: interrupts.signal.aborted, gaps }
}

/** `3 records (offsets 7 to 9) are gone: removed by retention`. */
function gapSentence({ from, to, reason }: Gap): string {
  const range = `${countOf(to - from, 'record')} (offsets ${from} to ${to - 1})`
  const why = reason === 'retention' ? 'removed by retention' : 'damaged on disk'
  return `${range} cannot be delivered: ${why}`
}
