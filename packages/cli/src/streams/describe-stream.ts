/** `tailrace streams describe`: everything about one stream. */

import { checkStreamName } from '@tailrace/format'
import pc from 'picocolors'

import { type Run } from '../context.js'
import { connectToServer } from '../io/connection.js'
import { streamFacts } from './streams-table.js'

/** The arguments of `tailrace streams describe`. */
export interface DescribeStreamArguments {
  readonly stream: string
  readonly url: string
  readonly json: boolean
}

/** Prints the facts line by line, or as a JSON object. */
export function describeStream({ stream, url, json }: DescribeStreamArguments): Run {
  return async (context) => {
    checkStreamName(stream)
    const { output } = context
    const client = await connectToServer(url, context)
    try {
      const info = await client.stream(stream).describe()
      if (json) await output.json(info)
      else await output.line(streamFacts(info, output.isTerminal && pc.isColorSupported))
      return 'ok'
    } finally {
      await client.close()
    }
  }
}
