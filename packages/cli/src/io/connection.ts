/**
 * The connection to a server, as a command needs it: one that says on stderr when it is gone.
 *
 * The client reconnects by itself. A short loss is not worth a line; one that lasts a second is, since
 * the command seems to hang then.
 */

import { connect, type Client } from '@tailrace/client'

import { usageError } from '../command-error.js'
import { type Context } from '../context.js'
import { type Notices } from './notices.js'

/** How long a loss lasts before it is mentioned. */
const MENTION_AFTER_MS = 1000

/** A lost server is looked for about every half second, for about five minutes. */
const ATTEMPTS_MAX = 600
const BASE_DELAY_MS = 50
const MAX_DELAY_MS = 1000

/**
 * Connects to `url`; the caller closes the client. Ctrl-C ends the attempt.
 *
 * @throws {CommandError} USAGE when `url` is not one
 * @throws {TailraceError} CONNECT_FAILED and others, when no server answers
 */
export async function connectToServer(url: string, context: Context): Promise<Client> {
  const client = await connectOrExplain(url, context.interrupts.signal)
  watchConnection(client, context.notices)
  return client
}

/**
 * One more connection of a command that has one from `connectToServer`, which says for all of them when
 * the server is gone. Otherwise the same.
 */
export async function connectBeside(url: string, context: Context): Promise<Client> {
  return await connectOrExplain(url, context.interrupts.signal)
}

async function connectOrExplain(url: string, interrupted: AbortSignal): Promise<Client> {
  // The client would take the signal for the end of its life; here it is only the end of the attempt.
  const attempt = new AbortController()
  const giveUp = () => attempt.abort(interrupted.reason)
  interrupted.addEventListener('abort', giveUp, { once: true })
  try {
    interrupted.throwIfAborted()
    return await connect(url, {
      name: 'tailrace-cli',
      signal: attempt.signal,
      reconnect: { baseMs: BASE_DELAY_MS, maxMs: MAX_DELAY_MS, attemptsMax: ATTEMPTS_MAX },
      closeTimeoutMs: 0,
    })
  } catch (error) {
    // The client takes a malformed URL for a mistake in a program; here somebody typed it.
    if (error instanceof TypeError) throw usageError(error.message)
    throw error
  } finally {
    interrupted.removeEventListener('abort', giveUp)
  }
}

function watchConnection(client: Client, notices: Notices): void {
  let timer: NodeJS.Timeout | undefined
  let wasMentioned = false
  client.onState(({ state }) => {
    clearTimeout(timer)
    if (state === 'reconnecting') {
      timer = setTimeout(() => {
        wasMentioned = true
        notices.say('connection lost, reconnecting…')
      }, MENTION_AFTER_MS)
    } else if (state === 'open' && wasMentioned) {
      wasMentioned = false
      notices.say('connected again')
    }
  })
}
