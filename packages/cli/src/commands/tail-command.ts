/** Declares `tailrace tail`. */

import { type Parser, type Start, STREAM_ARGUMENT, withConnection } from './parser.js'
import { writerOptions } from './writer-options.js'

/** Adds the command to the parser. */
export function addTail(parser: Parser, start: Start, url: string): Parser {
  return parser.command(
    'tail <stream>',
    'Follow a stream until Ctrl-C',
    (command) =>
      withConnection(command, url)
        .positional('stream', STREAM_ARGUMENT)
        .option('from', {
          type: 'string',
          default: 'next',
          describe: 'first, next, an offset, last:N, or a time (2026-11-20T10:00Z, "5m ago")',
        })
        .option('count', {
          type: 'number',
          describe: 'End after so many records',
        })
        .option('create', {
          type: 'boolean',
          default: false,
          describe: 'Make the stream if there is none, and wait',
        })
        .options(writerOptions())
        .example('$0 tail access --from last:10', 'The last ten records, and what follows'),
    (args) => start(async () => (await import('../deliver/tail.js')).tail(args)),
  )
}
