/**
 * What the files of this directory share: the type of the parser, how a command starts, and options
 * that several commands have.
 *
 * A file here declares one command and its options, and nothing else, because all of them are loaded at
 * every start. The code behind a command is imported when the command is run.
 */

import { type Argv } from 'yargs'

import { type Run } from '../context.js'

/** The parser, before a command has added its options. */
export type Parser = Argv

/** Makes a handler of a command: given how to load it, and its arguments. */
export type Start = (load: () => Promise<Run>) => Promise<void>

/** What every command takes. */
export const COMMON_OPTIONS = {
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

/** What every command takes that talks to a server. */
export function connectionOptions(url: string) {
  return {
    url: {
      type: 'string',
      default: url,
      describe: 'The server; or set TAILRACE_URL',
    },
    ...COMMON_OPTIONS,
  } as const
}

/** The argument that names a stream. */
export const STREAM_ARGUMENT = {
  type: 'string',
  demandOption: true,
  describe: 'Name of the stream',
} as const
