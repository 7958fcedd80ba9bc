/** `tailrace streams ls`: all streams of a server. */

import pc from 'picocolors'

import { type Run } from '../context.js'
import { connectToServer } from '../io/connection.js'
import { streamsTable } from './streams-table.js'

/** The arguments of `tailrace streams ls`. */
export interface ListStreamsArguments {
  readonly url: string
  readonly json: boolean
}

/** Prints a table, or one JSON object a line. */
export function listStreams({ url, json }: ListStreamsArguments): Run {
  return async (context) => {
    const { output, notices } = context
    const client = await connectToServer(url, context)
    try {
      const streams = await client.streams()
      if (json) {
        for (const info of streams) await output.json(info)
      } else if (streams.length > 0) {
        await output.line(streamsTable(streams, output.isTerminal && pc.isColorSupported))
      } else {
        notices.say('there are no streams yet; make one with: tailrace streams create <stream>')
      }
      return 'ok'
    } finally {
      await client.close()
    }
  }
}
