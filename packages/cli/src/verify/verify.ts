/**
 * `tailrace verify`: looks at every byte of a data directory, or of one stream in it.
 *
 * Needs no server and takes no lock: it may run beside `tailrace serve`. Changes nothing.
 */

import { verifyStore, type StoreVerification, type VerificationProgress } from '@tailrace/core'
import { formatBytes } from '@tailrace/format'
import pc from 'picocolors'

import { CommandError } from '../command-error.js'
import { type Context, type Run } from '../context.js'
import { barText, leftText, showProgressBar } from '../io/progress-bar.js'
import { repairWords } from '../repair/repair-words.js'
import { countOf } from '../text/numbers.js'
import { verificationObjects } from './json-verification.js'
import { isRepairable } from './stream-facts.js'
import { verificationText } from './text-verification.js'

/** The arguments of `tailrace verify`. */
export interface VerifyArguments {
  /** Undefined for all streams. */
  readonly stream: string | undefined
  readonly data: string
  readonly json: boolean
}

/** Reports; ends with `corrupt` when something is damaged, with `interrupted` after Ctrl-C. */
export function verify(args: VerifyArguments): Run {
  return async (context) => {
    const { interrupts, output } = context
    interrupts.listen()
    const startMs = performance.now()
    const found = await verifyWithProgress(args, context)
    if (found === undefined) return 'interrupted'
    const seconds = (performance.now() - startMs) / 1000
    if (args.json) {
      for (const line of verificationObjects(found, seconds)) await output.json(line)
    } else {
      const isColored = output.isTerminal && pc.isColorSupported
      const { data } = args
      await output.line(verificationText(found, { data, seconds, isColored }))
    }
    if (found.isSound) return 'ok'
    throw new CommandError('DAMAGED', damageSentence(found, args.data))
  }
}

/** Undefined when Ctrl-C ended it. */
async function verifyWithProgress(
  { stream, data }: VerifyArguments,
  { interrupts, notices, terminal }: Context,
): Promise<StoreVerification | undefined> {
  let progress: VerificationProgress = { checkedBytes: 0, totalBytes: 0, stream: '' }
  const line = (elapsedMs: number) => progressLine(progress, elapsedMs)
  const hideProgress = showProgressBar({ terminal, notices, line })
  try {
    return await verifyStore(data, {
      ...(stream !== undefined && { streams: [stream] }),
      onProgress: (now) => {
        progress = now
      },
      signal: interrupts.signal,
    })
  } catch (error) {
    if (!interrupts.signal.aborted) throw error
    hideProgress()
    const extent = `${formatBytes(progress.checkedBytes)} of ${formatBytes(progress.totalBytes)}`
    notices.fail(`interrupted after ${extent}: no result`)
    return undefined
  } finally {
    hideProgress()
  }
}

/** `█████░░░░░  42% · 1.2 GiB of 3 GiB · stream "orders" · 5s left`. */
function progressLine(
  { checkedBytes, totalBytes, stream }: VerificationProgress,
  elapsedMs: number,
): string {
  const fraction = totalBytes > 0 ? checkedBytes / totalBytes : 0
  return [
    barText(fraction),
    `${formatBytes(checkedBytes)} of ${formatBytes(totalBytes)}`,
    `stream "${stream}"`,
    leftText(fraction, elapsedMs),
  ].join(' · ')
}

function damageSentence({ streams, defects }: StoreVerification, data: string): string {
  const damaged = streams.filter((stream) => stream.defects.length > 0)
  const count = damaged.reduce((sum, stream) => sum + stream.defects.length, defects.length)
  const found = `${countOf(count, 'defect')} found in ${data}`
  const repairable = damaged.find((stream) => stream.defects.some(isRepairable))
  if (repairable === undefined) return `${found}; what to do is in docs/damage.md`
  return `${found}; what a repair would do: ${repairWords(repairable.name, data)}`
}
