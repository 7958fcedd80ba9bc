/**
 * A command on a terminal: `script` (of util-linux, which the store's lock needs as well) makes one.
 *
 * What the command writes to stdout and stderr comes out of one stream, as people see it.
 */

import { MAIN, RunningCommand, type CommandOptions } from './command.js'

/** Starts `tailrace` with its stdin, stdout and stderr on a terminal. */
export function startOnTerminal(args: readonly string[], options?: CommandOptions): RunningCommand {
  const words = [process.execPath, MAIN, ...args].map((word) => `'${word}'`)
  const scriptArgs = ['--quiet', '--return', '--flush', '--command', words.join(' '), '/dev/null']
  return new RunningCommand('script', scriptArgs, options)
}
