/** Declares `tailrace serve`. */

import { type Parser, type Start, withCommon } from './parser.js'

const PORT_DEFAULT = 4455

/** Adds the command to the parser. */
export function addServe(parser: Parser, start: Start): Parser {
  return parser.command(
    'serve',
    'Serve the streams of a data directory',
    (command) =>
      withCommon(command)
        .option('host', {
          type: 'string',
          default: '127.0.0.1',
          describe: 'Address to listen on; 0.0.0.0 for every network',
        })
        .option('port', {
          type: 'number',
          default: PORT_DEFAULT,
          describe: 'Port to listen on; 0 for any that is free',
        })
        .option('data', {
          type: 'string',
          default: './data',
          describe: 'Data directory; made if there is none',
        })
        .option('busy-polling', {
          type: 'boolean',
          default: true,
          describe:
            'Look for more before sleeping, while that pays; --no-busy-polling to save processor time',
        })
        .option('verbose', {
          type: 'boolean',
          default: false,
          describe: 'Say what happens in the ordinary way too',
        })
        .example('$0 serve --data /var/lib/tailrace', 'Serve another directory'),
    (args) => start(async () => (await import('../serve/serve.js')).serve(args)),
  )
}
