/**
 * `tailrace streams create`: makes a stream with the configuration that was asked for.
 *
 * Running it again is no error as long as the configuration is the same, so it can stand in a script.
 */

import { checkStreamName, parseBytes, parseDurationMs } from '@tailrace/format'
import { type Durability } from '@tailrace/protocol'

import { usageError } from '../command-error.js'
import { type Run } from '../context.js'
import { connectToServer } from '../io/connection.js'

/** The arguments of `tailrace streams create`; sizes and durations as people write them. */
export interface CreateStreamArguments {
  readonly stream: string
  readonly durability: Durability | undefined
  readonly retentionBytes: string | undefined
  readonly retentionAge: string | undefined
  readonly retentionRecords: string | undefined
  readonly segmentBytes: string | undefined
  readonly url: string
  readonly json: boolean
}

/** Makes the stream, or finds that it is there already. */
export function createStream(args: CreateStreamArguments): Run {
  return async (context) => {
    checkStreamName(args.stream)
    const config = configOf(args)
    const { output, notices } = context
    const client = await connectToServer(args.url, context)
    try {
      const { created, info } = await client.stream(args.stream).ensure(config)
      if (args.json) await output.json({ created, ...info })
      else if (created) notices.say(`created stream "${args.stream}"`)
      else notices.say(`stream "${args.stream}" exists already, configured like this`)
      return 'ok'
    } finally {
      await client.close()
    }
  }
}

function configOf(args: CreateStreamArguments) {
  const { durability, retentionBytes, retentionAge, retentionRecords, segmentBytes } = args
  return {
    ...(durability === undefined ? {} : { durability }),
    ...(retentionBytes === undefined ? {} : { retentionBytes: parseBytes(retentionBytes) }),
    ...(retentionAge === undefined ? {} : { retentionMs: parseDurationMs(retentionAge) }),
    ...(retentionRecords === undefined ? {} : { retentionRecords: parseCount(retentionRecords) }),
    ...(segmentBytes === undefined ? {} : { segmentBytesMax: parseBytes(segmentBytes) }),
  }
}

function parseCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : NaN
  if (Number.isSafeInteger(count) && count > 0) return count
  throw usageError(`--retention-records is "${text}", must be a number of records from 1 on`)
}
