/**
 * `tailrace repair`: gives up what cannot be read of a stream, and keeps everything else.
 *
 * Says what it would do unless it is told `--apply`: dropping records that were acknowledged is a
 * person's decision. It may be interrupted at any time: the next start or repair goes on from there.
 */

import { repairStream, type RepairReport } from '@tailrace/core'
import path from 'node:path'
import pc from 'picocolors'

import { CommandError } from '../command-error.js'
import { type Context, type Run } from '../context.js'
import { countOf } from '../text/numbers.js'
import { repairText } from './repair-text.js'
import { repairWords, verifyWords } from './repair-words.js'

/** The arguments of `tailrace repair`. */
export interface RepairArguments {
  readonly stream: string
  readonly data: string
  readonly apply: boolean
  readonly json: boolean
}

/** Repairs, or says how; ends with `corrupt` as long as something is damaged afterwards. */
export function repair(args: RepairArguments): Run {
  return async ({ output, notices }: Context) => {
    const { stream, data, apply, json } = args
    const report = await repairStream(data, stream, { apply })
    if (json) {
      await output.json({ directory: path.resolve(data, 'streams', stream), ...report })
    } else {
      const isColored = output.isTerminal && pc.isColorSupported
      await output.line(repairText(report, { data, isColored }))
    }
    const remaining = remainingDamage(report)
    if (remaining !== undefined) throw new CommandError('DAMAGED', remaining)
    if (report.isApplied) notices.say(`done; to check it: ${verifyWords(stream, data)}`)
    if (report.isNeeded && !report.isApplied) {
      const words = `${repairWords(stream, data)} --apply`
      throw new CommandError(
        'DAMAGED',
        `nothing was changed; to repair, stop the server and run: ${words}`,
      )
    }
    return 'ok'
  }
}

/** What is to be said of damage that no repair deals with. */
function remainingDamage({ isNeeded, isApplied, unrepairable }: RepairReport): string | undefined {
  if (unrepairable.length === 0 || (isNeeded && !isApplied)) return undefined
  const count = countOf(unrepairable.length, 'defect')
  return `${count} cannot be repaired, see the lines above; what to do is in docs/damage.md`
}
