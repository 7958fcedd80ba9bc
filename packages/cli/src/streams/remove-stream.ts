/**
 * `tailrace streams rm`: deletes a stream and its records, for good.
 *
 * Asks first, and asks for the name and not for a `y` that the fingers know by heart. Where nobody can
 * answer it refuses, unless `--yes` says that somebody has thought about it.
 */

import { checkStreamName } from '@tailrace/format'
import { createInterface } from 'node:readline'

import { CommandError } from '../command-error.js'
import { type Context, type Run } from '../context.js'
import { connectToServer } from '../io/connection.js'
import { countOf } from '../text/numbers.js'

/** The arguments of `tailrace streams rm`. */
export interface RemoveStreamArguments {
  readonly stream: string
  readonly yes: boolean
  readonly url: string
  readonly json: boolean
}

/** Deletes the stream once that is confirmed. */
export function removeStream({ stream, yes, url, json }: RemoveStreamArguments): Run {
  return async (context) => {
    checkStreamName(stream)
    if (!yes && !context.isInteractive) throw notConfirmed(`add --yes to delete "${stream}"`)
    const client = await connectToServer(url, context)
    try {
      const { startOffset, endOffset } = await client.stream(stream).describe()
      const records = countOf(endOffset - startOffset, 'record')
      if (!yes) await confirm({ stream, records }, context)
      await client.stream(stream).delete()
      if (json) await context.output.json({ deleted: stream })
      else context.notices.say(`deleted stream "${stream}" with ${records}`)
      return 'ok'
    } finally {
      await client.close()
    }
  }
}

/** @throws {CommandError} NOT_CONFIRMED, also when the question is answered with Ctrl-C or Ctrl-D. */
async function confirm(
  { stream, records }: { readonly stream: string; readonly records: string },
  { stdin, terminal }: Context,
): Promise<void> {
  const prompt = createInterface({ input: stdin, ...(terminal && { output: terminal }) })
  const answer = await new Promise<string>((resolve, reject) => {
    const withdrawn = notConfirmed('not confirmed: nothing was deleted')
    // Without a listener for Ctrl-C the question would never be answered.
    prompt.once('SIGINT', () => reject(withdrawn)).once('close', () => reject(withdrawn))
    const question = `This deletes stream "${stream}" with ${records}, for good.\nType its name to confirm: `
    prompt.question(question, resolve)
  }).finally(() => prompt.close())
  if (answer.trim() !== stream) throw notConfirmed('that is not the name: nothing was deleted')
}

function notConfirmed(message: string): CommandError {
  return new CommandError('NOT_CONFIRMED', message)
}
