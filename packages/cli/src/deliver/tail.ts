/**
 * `tailrace tail`: follows a stream.
 *
 * It has no end of its own, so Ctrl-C is how it ends in good order: exit code 0, like that of a server
 * that was stopped.
 */

import { type SubscriptionStart } from '@tailrace/client'
import { checkStreamName } from '@tailrace/format'

import { usageError } from '../command-error.js'
import { type Run } from '../context.js'
import { connectToServer } from '../io/connection.js'
import { createWriter, type WriterArguments } from './create-writer.js'
import { deliver } from './deliver.js'
import { parseFrom } from './position.js'

/** The arguments of `tailrace tail`. */
export interface TailArguments extends WriterArguments {
  readonly stream: string
  readonly from: string
  /** Ends after so many records. */
  readonly count: number | undefined
  readonly clamp: boolean
  /** Makes the stream if there is none. */
  readonly create: boolean
  readonly url: string
}

/** Follows until Ctrl-C, or until `count` records were written. */
export function tail(args: TailArguments): Run {
  return async (context) => {
    checkStreamName(args.stream)
    const from = parseFrom(args.from, Date.now() * 1000)
    checkCount(args.count)
    const writer = createWriter(args, context.output)
    context.interrupts.listen()
    const client = await connectToServer(args.url, context)
    try {
      if (args.create) await client.stream(args.stream).ensure()
      const range = {
        from,
        ...(args.count === undefined ? {} : { to: { count: args.count } }),
        onOutOfRange: args.clamp ? 'clamp' : 'strict',
      } as const
      const { stream } = args
      const onStart = ({ startOffset }: SubscriptionStart) => {
        context.notices.say(`following "${stream}" from offset ${startOffset}`)
      }
      await deliver({ client, stream, range, writer, onStart }, context)
      return 'ok'
    } finally {
      await client.close()
    }
  }
}

function checkCount(count: number | undefined): void {
  if (count === undefined || (Number.isSafeInteger(count) && count > 0)) return
  throw usageError(`--count is ${count}, must be a whole number from 1`)
}
