/**
 * The command line: all commands, and what is true of every one of them.
 */

import { readFile } from 'node:fs/promises'
import yargs from 'yargs'

import { usageError } from './command-error.js'
import { addBench } from './commands/bench-command.js'
import { addDump } from './commands/dump-command.js'
import { type Start } from './commands/parser.js'
import { addPublish } from './commands/publish-command.js'
import { addRepair } from './commands/repair-command.js'
import { addReplay } from './commands/replay-command.js'
import { addServe } from './commands/serve-command.js'
import { addStreams } from './commands/streams-command.js'
import { addTail } from './commands/tail-command.js'
import { addVerify } from './commands/verify-command.js'
import { type Context, type Run } from './context.js'
import { exitCodesText, type ExitName } from './exit-codes.js'
import { STDIN_NAME } from './io/stdin-name.js'

const URL_DEFAULT = 'ws://127.0.0.1:4455'
const HELP_COLUMNS_MAX = 100

/**
 * Reads `words` (the arguments after the program's name) and runs the command they name; resolves with
 * how it ended. Prints help and the version itself.
 *
 * @throws {CommandError} USAGE when the words make no command
 * @throws whatever the command throws
 */
export async function runCommandLine(
  words: readonly string[],
  context: Context,
): Promise<ExitName> {
  let chosen: Run | undefined
  const parser = createParser(await version(), context, async (load) => {
    chosen = await load()
  })
  let help = ''
  const args = words.map((word) => (word === '-' ? STDIN_NAME : word))
  const parsed = await parser.parseAsync(args, {}, (_error, _args, output) => {
    help = output
  })
  if (help !== '') {
    await context.output.line(help)
    return 'ok'
  }
  if (parsed['quiet'] === true) context.notices.silence()
  return chosen === undefined ? 'ok' : await chosen(context)
}

function createParser(versionText: string, context: Context, start: Start) {
  const url = context.environment['TAILRACE_URL'] ?? URL_DEFAULT
  const parser = yargs()
    .scriptName('tailrace')
    .usage('$0 <command>\n\nAn append-only streaming log: serve, publish, tail, replay.')
    .parserConfiguration({ 'duplicate-arguments-array': false })
    .strict()
    .recommendCommands()
    .demandCommand(1, 'which command?')
    .version(versionText)
    .help()
    .alias('help', 'h')
    .epilogue(exitCodesText())
    .wrap(Math.min(context.output.columns, HELP_COLUMNS_MAX))
    .exitProcess(false)
    .fail((message, error) => {
      // Typed as always there; missing when it is the words that are wrong.
      throw (error as Error | undefined) ?? explainUsage(message)
    })
  addServe(parser, start)
  addStreams(parser, start, url)
  addPublish(parser, start, url)
  addTail(parser, start, url)
  addReplay(parser, start, url)
  addBench(parser, start, url)
  addVerify(parser, start)
  addRepair(parser, start)
  addDump(parser, start)
  return parser
}

function explainUsage(message: string) {
  const text = message.trim().replaceAll(/\s*\n\s*/g, ' ')
  return usageError(`${text.charAt(0).toLowerCase()}${text.slice(1)}; see tailrace --help`)
}

async function version(): Promise<string> {
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  return String((JSON.parse(manifest) as { readonly version?: unknown }).version)
}
