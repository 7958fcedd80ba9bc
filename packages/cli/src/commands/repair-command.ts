/** Declares `tailrace repair`. */

import { DATA_OPTION } from './data-option.js'
import { type Parser, type Start, STREAM_ARGUMENT, withCommon } from './parser.js'

/** Adds the command to the parser. */
export function addRepair(parser: Parser, start: Start): Parser {
  return parser.command(
    'repair <stream>',
    'Give up the damaged records of a stream and keep all others; without --apply only say how',
    (command) =>
      withCommon(command)
        .positional('stream', STREAM_ARGUMENT)
        .options(DATA_OPTION)
        .option('apply', {
          type: 'boolean',
          default: false,
          describe: 'Do it; no server may be running on the data directory',
        })
        .example('$0 repair orders', 'What a repair would do; changes nothing')
        .example('$0 repair orders --apply', 'Do it'),
    (args) => start(async () => (await import('../repair/repair.js')).repair(args)),
  )
}
