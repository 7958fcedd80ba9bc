#!/usr/bin/env node
/**
 * The `tailrace` command: where the process begins and ends.
 *
 * The only file that touches `process`. Ends the process itself once everything is written, so that no
 * handle that is still open (stdin, say) keeps it alive.
 */

import { isatty, type WriteStream } from 'node:tty'

import { runCommandLine } from './command-line.js'
import { type Context } from './context.js'
import { EXIT_CODES, type ExitName } from './exit-codes.js'
import { Interrupts } from './io/interrupts.js'
import { Notices } from './io/notices.js'
import { Output } from './io/output.js'
import { reportError } from './report-error.js'

const STDIN_FD = 0

const context = createContext()
const exitName = await run(process.argv.slice(2), context)
await drained(process.stderr)
process.exit(EXIT_CODES[exitName].status)

async function run(words: readonly string[], context: Context): Promise<ExitName> {
  try {
    return await runCommandLine(words, context)
  } catch (error) {
    return reportError(error, context)
  }
}

function createContext(): Context {
  const { stderr, stdout } = process
  // Nobody reads stderr any more: what is said there is lost, the work goes on.
  stderr.on('error', () => undefined)
  const isTerminal = isatty(stderr.fd)
  return {
    environment: process.env,
    // Opened when it is asked for: most commands do not read it.
    get stdin() {
      return process.stdin
    },
    isInteractive: isTerminal && isatty(STDIN_FD),
    output: new Output(stdout),
    notices: new Notices(stderr),
    terminal: isTerminal ? stderr : undefined,
    interrupts: new Interrupts(process, () => performance.now()),
  }
}

function drained(stream: WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve())
  })
}
