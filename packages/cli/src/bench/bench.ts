/**
 * `tailrace bench`: how fast a running server is, for the one who asks, from where they ask.
 *
 * Everything that is timed is verified in the same run: what was acknowledged is counted, what was
 * delivered is checked record by record. Publishers and consumers share this one process and its clock,
 * so that latencies need no second one; where one core is not enough for them, run several.
 */

import { type Client, type SubscribeOptions } from '@tailrace/client'
import { randomBytes } from 'node:crypto'

import { type Context, type Run } from '../context.js'
import { type ExitName } from '../exit-codes.js'
import { unlessAborted } from '../io/abort.js'
import { connectBeside, connectToServer } from '../io/connection.js'
import { openBenchStream, removeBenchStream, type BenchStream } from './bench-stream.js'
import { Consuming } from './consuming.js'
import { OffsetCheck, RunCheck } from './delivery-check.js'
import { Latencies } from './latencies.js'
import { measure, type Measured } from './measure.js'
import { Publishing } from './publishing.js'
import {
  readSettings,
  type BenchArguments,
  type BenchKind,
  type BenchSettings,
} from './settings.js'

/** Measures; ends with `interrupted` after Ctrl-C, and with the figures so far. */
export function bench(kind: BenchKind, args: BenchArguments): Run {
  return async (context) => {
    const settings = readSettings(kind, args)
    context.interrupts.listen({ handlesUrging: true })
    const control = await connectToServer(settings.url, context)
    try {
      const stream = await unlessAborted(
        openBenchStream(control, settings),
        context.interrupts.signal,
      )
      if (stream === undefined) return 'interrupted'
      try {
        return await benchOn(stream, settings, context)
      } finally {
        await removeBenchStream(control, stream, context)
      }
    } finally {
      await control.close()
    }
  }
}

async function benchOn(
  stream: BenchStream,
  settings: BenchSettings,
  context: Context,
): Promise<ExitName> {
  const clients: Client[] = []
  try {
    const opened = open({ stream, settings, clients }, context)
    const measured = await unlessAborted(opened, context.interrupts.signal)
    if (measured === undefined) return 'interrupted'
    return await measure(measured, context)
  } finally {
    // What a close would complain of, records that are not acknowledged, has been said.
    await Promise.all(clients.map((client) => client.close().catch(() => undefined)))
  }
}

interface Opening {
  readonly stream: BenchStream
  readonly settings: BenchSettings
  /** Whom to close; grows. */
  readonly clients: Client[]
}

/** Opens consumers, then publishers: so nothing is published that a consumer might miss. */
async function open({ stream, settings, clients }: Opening, context: Context): Promise<Measured> {
  const connections = async (count: number) => {
    const opened = Array.from({ length: count }, () => connectBeside(settings.url, context))
    const made = await Promise.all(opened)
    clients.push(...made)
    return made
  }
  const { publish, consumers } = settings
  const runId = randomBytes(4).readUInt32LE()
  const latencies = new Latencies()
  const consuming =
    consumers === 0
      ? undefined
      : await Consuming.open({
          clients: await connections(consumers),
          stream: stream.name,
          range: rangeOf(stream, settings),
          check:
            publish === undefined
              ? (start) => new OffsetCheck(start)
              : () => new RunCheck({ runId, publishers: publish.publishers, latencies }),
        })
  const publishing =
    publish === undefined
      ? undefined
      : await Publishing.open({
          clients: await connections(publish.publishers),
          stream: stream.name,
          runId,
          settings: publish,
        })
  return { settings, stream, publishing, consuming, latencies }
}

/** What is published from now on, or what is there. */
function rangeOf(
  { startOffset, visibleOffset }: BenchStream,
  { publish, recordsMax }: BenchSettings,
): Pick<SubscribeOptions, 'from' | 'to'> {
  if (publish !== undefined) return { from: 'next' }
  const isAll = startOffset + recordsMax >= visibleOffset
  return { from: 'first', to: isAll ? 'end' : startOffset + recordsMax }
}
