/**
 * What the files of this directory share: the type of the parser, how a command starts, and options
 * that several commands have.
 *
 * A file here declares one command and its options, and nothing else, because all of them are loaded at
 * every start. The code behind a command is imported when the command is run.
 */

import { type Argv } from 'yargs'

import { type Run } from '../context.js'
import { exitCodesText } from '../exit-codes.js'

/** The parser, before a command has added its options. */
export type Parser = Argv

/** Makes a handler of a command: given how to load it, and its arguments. */
export type Start = (load: () => Promise<Run>) => Promise<void>

const COMMON_OPTIONS = {
  json: {
    type: 'boolean',
    default: false,
    describe: 'Output for scripts: JSON, one object a line',
  },
  quiet: {
    type: 'boolean',
    default: false,
    describe: 'Write nothing but errors to stderr',
  },
} as const

/** Adds what every command takes and says. */
export function withCommon<T>(command: Argv<T>) {
  // The parser forgets the epilogue of the whole when it comes to a command.
  return command.options(COMMON_OPTIONS).epilogue(exitCodesText())
}

/** Adds what every command takes and says that talks to a server. */
export function withConnection<T>(command: Argv<T>, url: string) {
  return withCommon(
    command.option('url', {
      type: 'string',
      default: url,
      describe: 'The server; or set TAILRACE_URL',
    }),
  )
}

/** The argument that names a stream. */
export const STREAM_ARGUMENT = {
  type: 'string',
  demandOption: true,
  describe: 'Name of the stream',
} as const
