/**
 * `tailrace replay`: a range of a stream, from the past to a definite end.
 *
 * What it writes is meant to be complete. So it ends with another code than 0 when records of the range
 * were gone, or when Ctrl-C came first.
 */

import { checkStreamName } from '@tailrace/format'

import { CommandError, usageError } from '../command-error.js'
import { type Run } from '../context.js'
import { unlessAborted } from '../io/abort.js'
import { connectToServer } from '../io/connection.js'
import { createWriter, type WriterArguments } from './create-writer.js'
import { deliver, type DeliveryResult } from './deliver.js'
import { type From, parseFrom, parseTo, type To } from './position.js'
import { resolveEnd } from './resolve-end.js'

/** The arguments of `tailrace replay`. */
export interface ReplayArguments extends WriterArguments {
  readonly stream: string
  readonly from: string
  readonly to: string
  readonly clamp: boolean
  readonly url: string
}

/** Writes the records of the range. */
export function replay(args: ReplayArguments): Run {
  return async (context) => {
    checkStreamName(args.stream)
    const nowUs = Date.now() * 1000
    const from = parseFrom(args.from, nowUs)
    const to = parseTo(args.to, nowUs)
    checkOrder(from, to)
    const writer = createWriter(args, context.output)
    context.interrupts.listen()
    const client = await connectToServer(args.url, context)
    try {
      const { stream } = args
      const onOutOfRange = args.clamp ? 'clamp' : 'strict'
      const resolved = await unlessAborted(
        resolveEnd(client, stream, { from, to, onOutOfRange }),
        context.interrupts.signal,
      )
      if (resolved === undefined) return 'interrupted'
      const result = await deliver({ client, stream, writer, ...resolved }, context)
      checkComplete(result)
      return result.isInterrupted ? 'interrupted' : 'ok'
    } finally {
      await client.close()
    }
  }
}

function checkOrder(from: From, to: To): void {
  if (typeof from !== 'number' || typeof to !== 'number' || from <= to) return
  throw usageError(`--from ${from} is behind --to ${to}`)
}

function checkComplete({ gaps }: DeliveryResult): void {
  if (gaps.length === 0) return
  const isDamage = gaps.some(({ reason }) => reason === 'damage')
  const message = 'the replay is not complete: see the lines above'
  throw new CommandError(isDamage ? 'DAMAGED' : 'RECORDS_GONE', message)
}
