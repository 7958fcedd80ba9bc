/** Declares `tailrace dump`. */

import { type Parser, type Start, withCommon } from './parser.js'
import { writerOptions } from './writer-options.js'

/** Adds the command to the parser. */
export function addDump(parser: Parser, start: Start): Parser {
  return parser.command(
    'dump <target>',
    'Look at segment files, offline',
    (command) =>
      withCommon(command)
        .positional('target', {
          type: 'string',
          demandOption: true,
          describe: 'A segment file, or the directory of a stream',
        })
        .option('records', {
          type: 'boolean',
          default: false,
          describe: 'Show every record too',
        })
        .option('from', {
          type: 'string',
          describe: 'Only records from this offset on, and their batches',
        })
        .option('to', {
          type: 'string',
          describe: 'Only records before this offset; +COUNT for so many',
        })
        .options({ codec: writerOptions().codec })
        .example('$0 dump data/streams/access', 'Every batch of a stream, and what is damaged')
        .example('$0 dump data/streams/access --records --from 1000 --to +1', 'One record'),
    (args) => start(async () => (await import('../dump/dump.js')).dump(args)),
  )
}
