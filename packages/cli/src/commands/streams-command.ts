/** Declares `tailrace streams`: ls, create, describe, rm. */

import { type Parser, type Start, STREAM_ARGUMENT, withCommon, withConnection } from './parser.js'

/** Adds the command, and the commands below it, to the parser. */
export function addStreams(parser: Parser, start: Start, url: string): Parser {
  return parser.command('streams', 'List, make, look at and delete streams', (command) => {
    addList(command, start, url)
    addCreate(command, start, url)
    addDescribe(command, start, url)
    addRemove(command, start, url)
    return withCommon(command).demandCommand(1, 'which of: ls, create, describe, rm?')
  })
}

function addList(parser: Parser, start: Start, url: string): void {
  parser.command(
    ['ls', 'list'],
    'List all streams',
    (command) => withConnection(command, url),
    (args) => start(async () => (await import('../streams/list-streams.js')).listStreams(args)),
  )
}

function addCreate(parser: Parser, start: Start, url: string): void {
  parser.command(
    'create <stream>',
    'Make a stream; no error if it exists and is configured like this',
    (command) =>
      withConnection(command, url)
        .positional('stream', STREAM_ARGUMENT)
        .option('durability', {
          choices: ['fsync', 'relaxed'] as const,
          describe: 'Acknowledge records when they are on disk, or before',
        })
        .option('retention-bytes', {
          type: 'string',
          describe: 'Keep about so much, for example 10GiB; older records go',
        })
        .option('retention-age', {
          type: 'string',
          describe: 'Keep records so long, for example 7d',
        })
        .option('retention-records', {
          type: 'string',
          describe: 'Keep so many records, for example 1000000',
        })
        .option('segment-bytes', {
          type: 'string',
          describe: 'Size that segment files grow to, for example 64MiB',
        }),
    (args) => start(async () => (await import('../streams/create-stream.js')).createStream(args)),
  )
}

function addDescribe(parser: Parser, start: Start, url: string): void {
  parser.command(
    'describe <stream>',
    'Show offsets, size and configuration of a stream',
    (command) => withConnection(command, url).positional('stream', STREAM_ARGUMENT),
    (args) =>
      start(async () => (await import('../streams/describe-stream.js')).describeStream(args)),
  )
}

function addRemove(parser: Parser, start: Start, url: string): void {
  parser.command(
    'rm <stream>',
    'Delete a stream and all its records',
    (command) =>
      withConnection(command, url).positional('stream', STREAM_ARGUMENT).option('yes', {
        type: 'boolean',
        default: false,
        describe: 'Do not ask; needed where nobody can answer',
      }),
    (args) => start(async () => (await import('../streams/remove-stream.js')).removeStream(args)),
  )
}
