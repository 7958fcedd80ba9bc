/**
 * Records of a stream to stdout: what `tail` and `replay` have in common.
 *
 * Takes whole batches from the client and hands them to a writer; waits for stdout before it takes more,
 * so that a slow reader holds back the server and nothing piles up here. Records that are gone are
 * never passed over in silence: each gap is said on stderr, and counted for the exit code.
 */

import { type Client, type Gap, raw, type SubscriptionStart } from '@tailrace/client'

import { type Context } from '../context.js'
import { unlessAborted } from '../io/abort.js'
import { recordRange } from '../text/record-range.js'
import { RecordOutput } from './record-output.js'
import { type Range } from './resolve-end.js'
import { type RecordWriter } from './record-writer.js'

/** What is delivered, and how. */
export interface DeliverOptions {
  readonly client: Client
  readonly stream: string
  readonly range: Range
  /** Ends before the first record appended at or after this time, µs since 1970. */
  readonly endTimeUs?: number | undefined
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

/** How long after Ctrl-C stdout may take for what was delivered before. */
const LAST_WRITE_MS = 500

/**
 * Delivers until the end of the range, or until Ctrl-C.
 *
 * @throws {OutputClosed} the reader of stdout has gone
 * @throws {TailraceError} why the server delivers nothing, or nothing more
 */
export async function deliver(options: DeliverOptions, context: Context): Promise<DeliveryResult> {
  const { interrupts, output } = context
  const { endTimeUs = Infinity } = options
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
      if (batch.appendTimeUs >= endTimeUs) break
      options.writer.write(batch, recordOutput.buffer)
      if (recordOutput.isFull) await unlessAborted(recordOutput.settle(), stop)
      else recordOutput.schedule()
    }
  } catch (error) {
    if (!stop.aborted) {
      // What came before belongs to stdout, and before the message.
      await unlessAborted(recordOutput.end(), stop)
      throw error
    }
  } finally {
    await subscription.close()
  }
  await unlessAborted(recordOutput.end(), stop)
  if (interrupts.signal.aborted) {
    // Whoever presses Ctrl-C need not wait for a reader that does not read.
    await unlessAborted(recordOutput.end(), AbortSignal.timeout(LAST_WRITE_MS))
  }
  output.throwIfFailed()
  return { isInterrupted: interrupts.signal.aborted, gaps }
}

/** `3 records (offsets 7 to 9) cannot be delivered: removed by retention`. */
function gapSentence({ from, to, reason }: Gap): string {
  const why = reason === 'retention' ? 'removed by retention' : 'damaged on disk'
  return `${recordRange(from, to)} cannot be delivered: ${why}`
}
