/**
 * `tailrace serve`: opens a data directory and serves it until it is told to stop.
 *
 * The store is opened here and not by the server, so that it can be told apart which of the two failed,
 * and so that a failure in the background is reported.
 */

import { openStore, type Store } from '@tailrace/core'
import { letHeapGrow, startServer, type TailraceServer } from '@tailrace/server'

import { CommandError, usageError } from '../command-error.js'
import { type Context, type Run } from '../context.js'
import { systemCodeOf } from '../exit-codes.js'
import { findConsoleFiles } from './console-files.js'
import { recoveryNotice } from './recovery-notice.js'
import { createServerLog } from './server-log.js'

/** The arguments of `tailrace serve`. */
export interface ServeArguments {
  readonly host: string
  readonly port: number
  readonly data: string
  readonly json: boolean
  readonly busyPolling: boolean
  readonly verbose: boolean
}

const PORT_MAX = 65_535

/** Serves until SIGINT or SIGTERM. */
export function serve(args: ServeArguments): Run {
  return async (context) => {
    checkPort(args.port)
    context.interrupts.listen()
    letHeapGrow()
    const store = await openStore(args.data, {
      onBackgroundError: (stream, error) => {
        const reason = error instanceof Error ? error.message : String(error)
        context.notices.fail(`stream "${stream}": ${reason}`)
      },
      onRecovery: (stream, report) => {
        context.notices.fail(recoveryNotice(stream, report))
      },
    })
    try {
      const consoleFiles = findConsoleFiles()
      const server = await listen(args, { store, consoleFiles }, context)
      try {
        const hasConsole = consoleFiles !== undefined
        await announce(args, { server, dataDirectory: store.directory, hasConsole }, context)
        await interrupted(context.interrupts.signal)
      } finally {
        await server.close()
      }
    } finally {
      await store.close()
    }
    context.notices.say('stopped')
    return 'ok'
  }
}

function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= PORT_MAX) return
  throw usageError(`--port is ${port}, must be an integer from 0 to ${PORT_MAX}`)
}

interface Served {
  readonly store: Store
  readonly consoleFiles: string | undefined
}

async function listen(
  { host, port, busyPolling, verbose }: ServeArguments,
  { store, consoleFiles: staticDirectory }: Served,
  { notices }: Context,
): Promise<TailraceServer> {
  const logger = createServerLog(notices, verbose)
  try {
    return await startServer({ store, host, port, staticDirectory, busyPolling, logger })
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === undefined) throw error
    const message = `cannot listen at ${host} port ${port} (${code}); choose another --host or --port`
    throw new CommandError('CANNOT_LISTEN', message, { cause: error })
  }
}

interface Announcement {
  readonly server: TailraceServer
  readonly dataDirectory: string
  readonly hasConsole: boolean
}

async function announce(
  { json }: ServeArguments,
  { server, dataDirectory, hasConsole }: Announcement,
  { output, notices }: Context,
): Promise<void> {
  const { url, port } = server
  if (json) {
    await output.json({ event: 'listening', url, port, dataDirectory })
  } else if (!notices.isQuiet) {
    const page = hasConsole ? ` (console: ${url.replace(/^ws/, 'http')})` : ''
    await output.line(`serving ${dataDirectory} at ${url}${page}`)
  }
}

function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
