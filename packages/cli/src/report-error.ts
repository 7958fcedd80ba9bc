/**
 * What people see of an error: one line, and how the process ends.
 */

import { TailraceError } from '@tailrace/format'

import { CommandError } from './command-error.js'
import { exitNameOf, systemCodeOf, type ExitName } from './exit-codes.js'
import { type Context } from './context.js'
import { OutputClosed } from './io/output.js'

/** Says what went wrong, if anybody needs to know; returns how the command ends. */
export function reportError(error: unknown, context: Context): ExitName {
  // The reader has what it wanted.
  if (error instanceof OutputClosed) return 'ok'
  // Ctrl-C while there was nothing to finish, such as in the middle of connecting.
  if (context.interrupts.signal.aborted && isAbort(error)) return 'interrupted'
  const code = codeOf(error)
  context.notices.fail(`${messageOf(error)}${code === undefined ? '' : ` (${code})`}`)
  if (context.environment['TAILRACE_DEBUG'] !== undefined && error instanceof Error) {
    context.notices.fail(error.stack ?? 'no stack')
  }
  return error instanceof CommandError ? error.exitName : exitNameOf(error)
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof CommandError || TailraceError.is(error)) return error.code
  return systemCodeOf(error)
}

/** One line, whatever the error says. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.trim().replaceAll(/\s*\n\s*/g, ' ')
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}
