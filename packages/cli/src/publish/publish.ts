/**
 * `tailrace publish`: the records of a file, or of stdin, into a stream.
 *
 * What counts is what is said at the end: whatever happens in between, the last lines tell up to which
 * record the server has acknowledged everything, and the exit code whether that is all.
 */

import { checkStreamName } from '@tailrace/format'
import { OFFSET_UNKNOWN, type Client, type Producer } from '@tailrace/client'

import { CommandError, usageError } from '../command-error.js'
import { type Context, type Run } from '../context.js'
import { type ExitName } from '../exit-codes.js'
import { unlessAborted } from '../io/abort.js'
import { connectToServer } from '../io/connection.js'
import { type Input, openInput } from '../io/input.js'
import { countOf, formatCount } from '../text/numbers.js'
import { byteRangeCodec, type ByteRange } from './byte-range.js'
import { feed } from './feed.js'
import { checkJsonLine } from './json-rule.js'
import { LineCursor } from './line-cursor.js'
import { showProgress } from './progress.js'
import { type RecordCursor } from './record-cursor.js'
import { reportRefusals } from './report-refusals.js'
import { settle } from './settle.js'
import { summarize, summarySentence } from './summary.js'
import { Tally } from './tally.js'
import { WholeCursor } from './whole-cursor.js'

/** The arguments of `tailrace publish`. */
export interface PublishArguments {
  readonly stream: string
  /** A path, or `STDIN_NAME`. */
  readonly file: string
  readonly ndjson: boolean
  readonly whole: boolean
  readonly keyField: string | undefined
  readonly producer: string | undefined
  readonly create: boolean
  readonly url: string
  readonly json: boolean
}

/** Publishes; ends with `interrupted` after Ctrl-C. */
export function publish(args: PublishArguments): Run {
  return async (context) => {
    checkStreamName(args.stream)
    checkArguments(args)
    const input = await openInput(args.file, context.stdin)
    // Not before: opening a named pipe can wait for ever, and then Ctrl-C just has to end the process.
    context.interrupts.listen({ handlesUrging: true })
    try {
      const client = await connectToServer(args.url, context)
      try {
        return await publishInput({ args, context, input, client })
      } finally {
        // What it would complain of, records that are not acknowledged, has been said.
        await client.close().catch(() => undefined)
      }
    } finally {
      await input.close()
    }
  }
}

function checkArguments({ keyField, ndjson, whole }: PublishArguments): void {
  if (ndjson && whole) throw usageError('--ndjson and --whole exclude each other')
  if (keyField !== undefined && !ndjson) {
    throw usageError('--key-field needs --ndjson: only records that are JSON have fields')
  }
}

interface Publication {
  readonly args: PublishArguments
  readonly context: Context
  readonly input: Input
  readonly client: Client
}

async function publishInput(publication: Publication): Promise<ExitName> {
  const { args, context, input, client } = publication
  const { interrupts, notices, terminal } = context
  const opened = await unlessAborted(openProducer(client, args), interrupts.signal)
  if (opened === undefined) return 'interrupted'
  const { producer, tally } = opened
  const hideProgress = showProgress({ terminal, notices, sizeBytes: input.sizeBytes, state: tally })
  const forgetRefusals = reportRefusals(producer, notices)
  const stop = AbortSignal.any([interrupts.signal, failureOf(producer)])
  const problems: unknown[] = []
  try {
    const isNamed = args.producer !== undefined
    await feed({
      input,
      cursor: cursorOf(args),
      keyOf: keyRule(args),
      producer,
      isNamed,
      tally,
      stop,
    })
    if (!stop.aborted) checkSameInput(args, tally)
  } catch (error) {
    problems.push(error)
  }
  try {
    await settle({ flush: () => producer.flush(), tally, interrupts, notices })
  } catch (error) {
    problems.push(error)
  }
  hideProgress()
  forgetRefusals()
  return await conclude(publication, tally, problems)
}

/** Aborts when the producer has failed: the input may have nothing more to say for a long time. */
function failureOf(producer: Producer<ByteRange>): AbortSignal {
  const failed = new AbortController()
  producer.onError((error) => failed.abort(error))
  return failed.signal
}

function cursorOf({ whole }: PublishArguments): RecordCursor {
  return whole ? new WholeCursor() : new LineCursor()
}

interface OpenedProducer {
  readonly producer: Producer<ByteRange>
  readonly tally: Tally
}

/** Makes sure that there is a stream, and opens a producer on it. */
async function openProducer(client: Client, args: PublishArguments): Promise<OpenedProducer> {
  const stream = client.stream(args.stream, { codec: byteRangeCodec })
  await (args.create ? stream.ensure() : stream.describe())
  const name = args.producer
  const producer = stream.producer({ create: false, ...(name === undefined ? {} : { name }) })
  const { lastSequence } = await producer.open()
  const tally = new Tally(producer, lastSequence + 1)
  producer.onAck(({ baseOffset }) => {
    if (baseOffset !== OFFSET_UNKNOWN) tally.firstOffset ??= baseOffset
  })
  return { producer, tally }
}

function keyRule({ ndjson, keyField }: PublishArguments) {
  if (!ndjson) return undefined
  return (line: ByteRange, lineNumber: number) => checkJsonLine(line, lineNumber, keyField)
}

/** Says how it went, and decides how the command ends. Of several problems the first is the cause. */
async function conclude(
  { args, context }: Publication,
  tally: Tally,
  problems: readonly unknown[],
): Promise<ExitName> {
  const { interrupts, notices, output } = context
  const isInterrupted = interrupts.signal.aborted
  const isComplete = problems.length === 0 && !isInterrupted
  const summary = summarize(args.stream, tally, isComplete)
  if (args.json) await output.json(summary)
  if (isComplete) {
    if (!args.json) notices.say(summarySentence(summary))
    return 'ok'
  }
  notices.fail(stateSentence(args, tally, isInterrupted))
  if (problems.length > 0) throw problems[0]
  return 'interrupted'
}

/** `interrupted: acknowledged up to line 1,200 of the input, 14 records sent after it are not; …` */
function stateSentence(args: PublishArguments, tally: Tally, isInterrupted: boolean): string {
  const unit = args.whole ? 'record' : 'line'
  const parts = [
    `${isInterrupted ? 'interrupted: ' : ''}acknowledged up to ${unit} ${formatCount(tally.acknowledgedThrough)} of the input`,
  ]
  if (tally.pendingCount > 0) {
    parts.push(`, not known of ${countOf(tally.pendingCount, 'record')} sent after that`)
  }
  if (args.producer !== undefined) {
    parts.push(`; the same command goes on from where the stream ends`)
  }
  return parts.join('')
}

/** @throws {CommandError} BAD_INPUT when the input has fewer records than the producer has stored. */
function checkSameInput({ producer, stream }: PublishArguments, tally: Tally): void {
  if (tally.skippedCount <= tally.recordCount) return
  throw new CommandError(
    'BAD_INPUT',
    `producer "${String(producer)}" has stored ${countOf(tally.skippedCount, 'record')} in "${stream}" already, but the input has only ${formatCount(tally.recordCount)}: it is not the same input`,
  )
}
