/**
 * One measurement, from the first record to the figures: everything is open, and this is what is timed.
 */

import pc from 'picocolors'

import { CommandError } from '../command-error.js'
import { type Context } from '../context.js'
import { type ExitName } from '../exit-codes.js'
import { unlessAborted } from '../io/abort.js'
import { showProgressBar } from '../io/progress-bar.js'
import { cpuSeconds, nowMs } from '../io/wall-clock.js'
import { reportRefusals } from '../publish/report-refusals.js'
import { settle } from '../publish/settle.js'
import { countOf } from '../text/numbers.js'
import { type Consuming } from './consuming.js'
import { LiveLine } from './live-line.js'
import { type Publishing } from './publishing.js'
import { resultText } from './result-text.js'
import { summarizeBench, type BenchResult, type Measurement } from './result.js'

/** What is measured: opened and idle. */
export type Measured = Pick<
  Measurement,
  'settings' | 'stream' | 'publishing' | 'consuming' | 'latencies'
>

const COLUMNS_DEFAULT = 80

/**
 * Runs it and writes the figures, also those of a run that failed or was interrupted.
 *
 * @throws {CommandError} WRONG_DELIVERY, RECORDS_GONE or DAMAGED when not every record came once, in order
 * @throws {TailraceError} why it could not go on
 */
export async function measure(measured: Measured, context: Context): Promise<ExitName> {
  const { interrupts, notices } = context
  const startMs = nowMs()
  const startCpuSeconds = cpuSeconds()
  const hideLive = showLive(measured, context)
  const problems: unknown[] = []
  try {
    await run(measured, context)
  } catch (error) {
    problems.push(error)
  }
  hideLive()
  const isInterrupted = interrupts.signal.aborted
  const result = summarizeBench({
    ...measured,
    startMs,
    elapsedMs: nowMs() - startMs,
    cpuSeconds: cpuSeconds() - startCpuSeconds,
    isComplete: problems.length === 0 && !isInterrupted,
  })
  await write(result, measured, context)
  if (problems.length > 0) throw problems[0]
  if (isInterrupted) {
    notices.fail('interrupted: the figures are those of what was done by then')
    return 'interrupted'
  }
  checkDelivery(result)
  return 'ok'
}

async function run(measured: Measured, context: Context): Promise<void> {
  const { settings, publishing, consuming } = measured
  const deadline = Number.isFinite(settings.secondsMax)
    ? AbortSignal.timeout(Math.ceil(settings.secondsMax * 1000))
    : new AbortController().signal
  if (publishing !== undefined) await publish(measured, { publishing, deadline }, context)
  else if (consuming !== undefined) await consume(consuming, deadline, context)
}

async function consume(
  consuming: Consuming,
  deadline: AbortSignal,
  { interrupts }: Context,
): Promise<void> {
  const end = AbortSignal.any([interrupts.signal, deadline])
  await unlessAborted(consuming.run(), end)
  if (!end.aborted) consuming.finish([])
  await consuming.close()
}

interface PublishRun {
  readonly publishing: Publishing
  readonly deadline: AbortSignal
}

async function publish(
  { settings, consuming }: Measured,
  { publishing, deadline }: PublishRun,
  { interrupts, notices }: Context,
): Promise<void> {
  const stop = interrupts.signal
  const consumed = consuming?.run()
  consumed?.catch((error: unknown) => publishing.fail(error))
  const forgetRefusals = reportRefusals(publishing, notices)
  try {
    await publishing.send(settings, { stop, deadline })
    await settle({ flush: () => publishing.flush(), tally: publishing, interrupts, notices })
    // A consumer that fails is not waited for.
    await Promise.race([consumed, consuming?.reached(publishing.recordCount, stop)])
    if (!stop.aborted) consuming?.finish(publishing.acknowledgedCounts)
  } finally {
    forgetRefusals()
    await consuming?.close()
  }
  await consumed
}

/** Draws how it goes: deliveries where there are any, else acknowledgements. */
function showLive(measured: Measured, { terminal, notices }: Context): () => void {
  const { settings, publishing, consuming, latencies } = measured
  const counted = consuming ?? publishing
  if (counted === undefined) return () => undefined
  const watched = {
    get recordCount() {
      return counted.recordCount
    },
    get bytes() {
      return counted.bytes
    },
    takeRecent: () => (consuming === undefined ? publishing?.latencies : latencies)?.takeRecent(),
  }
  const live = new LiveLine(watched, {
    recordsMax: recordsDue(measured),
    secondsMax: settings.secondsMax,
    columns: terminal?.columns ?? COLUMNS_DEFAULT,
  })
  return showProgressBar({ terminal, notices, line: (elapsedMs) => live.text(elapsedMs) })
}

/** Records at whose number it is done. */
function recordsDue({ settings, stream }: Measured): number {
  const { recordsMax, consumers, publish: published } = settings
  if (published !== undefined) return recordsMax * Math.max(1, consumers)
  return Math.min(recordsMax, stream.visibleOffset - stream.startOffset) * consumers
}

async function write(
  result: BenchResult,
  { settings }: Measured,
  { output, notices }: Context,
): Promise<void> {
  if (settings.isJson) {
    await output.json(result)
    return
  }
  // Where nothing was measured, the reason is all there is to say.
  if (result.isComplete || (result.published ?? result.delivered)?.records !== 0) {
    await output.line(resultText(result, output.isTerminal && pc.isColorSupported))
  }
  if (result.isStreamKept && settings.stream === undefined) {
    notices.say(`stream "${result.stream}" is kept`)
  }
}

function checkDelivery({ missingRecords, repeatedRecords, gaps }: BenchResult): void {
  if (missingRecords > 0 || repeatedRecords > 0) {
    const missing = `${countOf(missingRecords, 'record')} missing`
    const message = `not every record was delivered once, in order: ${missing}, ${repeatedRecords} repeated or out of order`
    throw new CommandError('WRONG_DELIVERY', message)
  }
  if (gaps.length === 0) return
  const isDamage = gaps.some(({ reason }) => reason === 'damage')
  const message = 'records of the stream are gone: see the lines above'
  throw new CommandError(isDamage ? 'DAMAGED' : 'RECORDS_GONE', message)
}
