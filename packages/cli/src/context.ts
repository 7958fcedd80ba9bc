/**
 * What a command has of the world: its streams, the environment, Ctrl-C.
 *
 * Made once in `main.ts` and passed down, so that nothing below reaches for `process`.
 */

import { type Readable } from 'node:stream'
import { type WriteStream } from 'node:tty'

import { type ExitName } from './exit-codes.js'
import { type Interrupts } from './io/interrupts.js'
import { type Notices } from './io/notices.js'
import { type Output } from './io/output.js'

/** What a command has of the world. */
export interface Context {
  /** `TAILRACE_URL` and the like. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable
  /** Whether a person can answer a question. */
  readonly isInteractive: boolean
  /** What the command is for: records, tables, JSON. */
  readonly output: Output
  /** Everything else: notes, warnings, summaries, on stderr. */
  readonly notices: Notices
  /** stderr itself, if it is a terminal: where a progress bar may be drawn. */
  readonly terminal: WriteStream | undefined
  readonly interrupts: Interrupts
}

/** A command after its arguments were read. */
export type Run = (context: Context) => Promise<ExitName>
