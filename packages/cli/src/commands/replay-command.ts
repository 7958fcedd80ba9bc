/** Declares `tailrace replay`. */

import { type Parser, type Start, STREAM_ARGUMENT, withConnection } from './parser.js'
import { writerOptions } from './writer-options.js'

/** Adds the command to the parser. */
export function addReplay(parser: Parser, start: Start, url: string): Parser {
  return parser.command(
    'replay <stream>',
    'Write records from the past, and end',
    (command) =>
      withConnection(command, url)
        .positional('stream', STREAM_ARGUMENT)
        .option('from', {
          type: 'string',
          default: 'first',
          describe: 'first, an offset, last:N, or a time (2026-11-20T10:00Z, "5m ago")',
        })
        .option('to', {
          type: 'string',
          default: 'end',
          describe: 'end (as it is now), an offset (not included), a time, or +COUNT',
        })
        .options(writerOptions())
        .example('$0 replay access > access.log', 'All of it: equal to the file published')
        .example('$0 replay access --from 1000 --to +50', 'Records 1000 to 1049'),
    (args) => start(async () => (await import('../deliver/replay.js')).replay(args)),
  )
}
