/** Declares `tailrace publish`. */

import { STDIN_NAME } from '../io/stdin-name.js'
import { type Parser, type Start, STREAM_ARGUMENT, withConnection } from './parser.js'

/** Adds the command to the parser. */
export function addPublish(parser: Parser, start: Start, url: string): Parser {
  return parser.command(
    'publish <stream> [file]',
    'Publish the lines of a file, or of stdin',
    (command) =>
      withConnection(command, url)
        .positional('stream', STREAM_ARGUMENT)
        .positional('file', {
          type: 'string',
          default: STDIN_NAME,
          defaultDescription: '-',
          describe: 'What to publish; - for stdin',
        })
        .option('ndjson', {
          type: 'boolean',
          default: false,
          describe: 'Every line must be JSON; stops at the first that is not',
        })
        .option('whole', {
          type: 'boolean',
          default: false,
          describe: 'Publish all of it as one record',
        })
        .option('key-field', {
          type: 'string',
          describe: 'With --ndjson: the field that is the key of the record',
        })
        .option('producer', {
          type: 'string',
          describe: 'Name this publish, so that the same command with the same input goes on',
        })
        .option('create', {
          type: 'boolean',
          default: true,
          describe: 'Make the stream if there is none; --no-create to fail instead',
        })
        .example('$0 publish access /var/log/nginx/access.log', 'A record for each line')
        .example('cat events.ndjson | $0 publish events --ndjson --key-field user', '')
        .example('$0 publish access access.log --producer import-1', 'Can be run again safely'),
    (args) => start(async () => (await import('../publish/publish.js')).publish(args)),
  )
}
