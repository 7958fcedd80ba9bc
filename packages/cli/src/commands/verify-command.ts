/** Declares `tailrace verify`. */

import { DATA_OPTION } from './data-option.js'
import { type Parser, type Start, withCommon } from './parser.js'

/** Adds the command to the parser. */
export function addVerify(parser: Parser, start: Start): Parser {
  return parser.command(
    'verify [stream]',
    'Check every byte of a data directory; changes nothing',
    (command) =>
      withCommon(command)
        .positional('stream', {
          type: 'string',
          describe: 'Only this stream; all of them without it',
        })
        .options(DATA_OPTION)
        .example('$0 verify --data /var/lib/tailrace', 'All streams, also beside a running server')
        .example('$0 verify orders --json', 'One stream, for a script'),
    (args) => start(async () => (await import('../verify/verify.js')).verify(args)),
  )
}
