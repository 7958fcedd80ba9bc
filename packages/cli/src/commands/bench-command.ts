/** Declares `tailrace bench`: publish, consume, end-to-end. */

import { type Argv } from 'yargs'

import { type Parser, type Start, withCommon, withConnection } from './parser.js'

/** Adds the command, and the commands below it, to the parser. */
export function addBench(parser: Parser, start: Start, url: string): Parser {
  return parser.command('bench', 'Measure how fast a running server is', (command) => {
    addPublishing(command, start, url)
    addConsuming(command, start, url)
    addEndToEnd(command, start, url)
    return withCommon(command).demandCommand(1, 'which of: publish, consume, end-to-end?')
  })
}

function addPublishing(parser: Parser, start: Start, url: string): void {
  parser.command(
    'publish',
    'Publish records, and measure how soon they are acknowledged',
    (command) =>
      withPublishing(withLimits(withConnection(command, url)))
        .example('$0 bench publish', 'As fast as acknowledgements allow')
        .example('$0 bench publish --rate 10000/s --seconds 30', 'Latency under a given load'),
    (args) => start(async () => (await import('../bench/bench.js')).bench('publish', args)),
  )
}

function addConsuming(parser: Parser, start: Start, url: string): void {
  parser.command(
    'consume',
    'Replay a stream from its first record, and check that none is missing',
    (command) =>
      withConsumers(withLimits(withConnection(command, url))).example(
        '$0 bench consume --stream access --consumers 4',
        '',
      ),
    (args) => start(async () => (await import('../bench/bench.js')).bench('consume', args)),
  )
}

function addEndToEnd(parser: Parser, start: Start, url: string): void {
  parser.command(
    'end-to-end',
    'Publish and consume at once, and measure how soon records are delivered',
    (command) =>
      withConsumers(withPublishing(withLimits(withConnection(command, url)))).example(
        '$0 bench end-to-end --rate 1000/s',
        'Latency under a given load',
      ),
    (args) => start(async () => (await import('../bench/bench.js')).bench('end-to-end', args)),
  )
}

function withLimits<T>(command: Argv<T>) {
  return command
    .option('stream', { type: 'string', describe: 'The stream to use' })
    .option('records', { type: 'number', describe: 'End after so many records' })
    .option('seconds', { type: 'number', describe: 'End after so many seconds' })
}

function withPublishing<T>(command: Argv<T>) {
  return command
    .option('size', {
      type: 'string',
      default: '128',
      describe: 'Bytes of a record, for example 1KiB',
    })
    .option('publishers', {
      type: 'number',
      default: 1,
      describe: 'How many publish, each on a connection of its own',
    })
    .option('rate', {
      type: 'string',
      describe:
        'Records a second of all publishers, for example 10000/s; as fast as it goes if not given',
    })
    .option('batch-bytes', {
      type: 'string',
      default: '64KiB',
      describe: 'Bytes at which a batch is sent without waiting for more records',
    })
    .option('durability', {
      choices: ['fsync', 'relaxed'] as const,
      describe: 'Of the stream that is made; fsync if not given',
    })
    .option('append', {
      type: 'boolean',
      default: false,
      describe: 'Publish to --stream although it has records',
    })
    .option('keep', {
      type: 'boolean',
      default: false,
      describe: 'Do not delete the stream that was made',
    })
}

function withConsumers<T>(command: Argv<T>) {
  return command.option('consumers', {
    type: 'number',
    default: 1,
    describe: 'How many receive all of it, each on a connection of its own',
  })
}
