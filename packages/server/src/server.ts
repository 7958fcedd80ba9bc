/**
 * The server: one HTTP server, the connections on it, and the store behind them.
 *
 * Puts the parts together and takes them down again in order; everything that happens on a connection is
 * the session's.
 */

import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'

import { openStore } from '@tailrace/core'
import { ConnectionError } from '@tailrace/format'

import type { HttpError } from './http/json-response.js'
import { requestListener } from './http/request-listener.js'
import { StaticFiles } from './http/static-files.js'
import { upgradeListener } from './http/upgrade-listener.js'
import { serverIdentity } from './server-identity.js'
import { BusyPolling } from './io/busy-polling.js'
import { LentReads } from './io/lent-reads.js'
import type { CancelTimer } from './io/timers.js'
import { BatchChecker } from './publish/batch-checker.js'
import { completeOptions, type ServerConfig, type ServerOptions } from './server-options.js'
import type { ServerServices } from './server-services.js'
import { LOOKS_PER_HEARTBEAT } from './session/liveness.js'
import { MessageBuffers } from './session/message-buffers.js'
import type { SessionWebSocket } from './session/session-websocket.js'
import { Session } from './session/session.js'
import { TurnScheduler } from './session/turn-scheduler.js'
import { LogWatches } from './storage/log-watch.js'
import type { StreamStore } from './storage/storage-port.js'

/** How a server is closed. */
export interface CloseOptions {
  /** Milliseconds that clients have to take what is theirs. Default 5000. */
  readonly graceMs?: number | undefined
}

/** A server that is listening. */
export interface TailraceServer extends AsyncDisposable {
  /** Where clients connect to: `ws://127.0.0.1:4455`. */
  readonly url: string
  /** The address it listens on. */
  readonly address: string
  /** The port it listens on. */
  readonly port: number
  /** The streams it serves. */
  readonly store: StreamStore
  /** Connections that are open now. */
  readonly connectionCount: number
  /** Bytes that wait in this process for clients to take them, over all connections. */
  readonly queuedBytes: number
  /**
   * Closes in good order: no new connections, GOAWAY, acknowledgements of what was published, END to
   * subscriptions, then the connections, then the store if the server opened it. What takes longer
   * than `graceMs` is cut off. Idempotent: later calls wait for the first.
   *
   * @throws {StorageError} when the store that the server opened could not be closed cleanly.
   */
  close(options?: CloseOptions): Promise<void>
}

interface ListeningAddress {
  readonly address: string
  readonly port: number
}

const GRACE_MS_DEFAULT = 5000

/** Milliseconds for the last words to leave, even when there is no grace left. */
const FAREWELL_MS = 250

const RECONNECT_JITTER_MS = 500

/**
 * Starts a server.
 *
 * @throws {ConnectionError} ADDRESS_IN_USE when another program listens at the address.
 * @throws {Error} the operating system's, for an address or port that this process may not have.
 * @throws {StorageError} when the data directory cannot be opened.
 * @throws {RangeError} when an option cannot be.
 */
export async function startServer(options: ServerOptions): Promise<TailraceServer> {
  const config = completeOptions(options)
  const isOwnStore = typeof options.store === 'string'
  const store = typeof options.store === 'string' ? await openStore(options.store) : options.store
  const server = new RunningServer(config, store, isOwnStore)
  try {
    await server.listen()
  } catch (error) {
    if (isOwnStore) await store.close()
    throw error
  }
  return server
}

class RunningServer implements TailraceServer {
  readonly store: StreamStore
  readonly #config: ServerConfig
  readonly #isOwnStore: boolean
  readonly #services: ServerServices
  readonly #http: Server
  readonly #sessions = new Set<Session>()
  #stopHeartbeat: CancelTimer = () => {}
  #onNoSessions: () => void = () => {}
  #listensAt: ListeningAddress = { address: '', port: 0 }
  #closed: Promise<void> | undefined

  constructor(config: ServerConfig, store: StreamStore, isOwnStore: boolean) {
    this.#config = config
    this.store = store
    this.#isOwnStore = isOwnStore
    this.#services = makeServices(config, store)
    this.#http = this.#makeHttpServer()
  }

  get url(): string {
    const { address, port } = this
    return `ws://${address.includes(':') ? `[${address}]` : address}:${port}`
  }

  get address(): string {
    return this.#listensAt.address
  }

  get port(): number {
    return this.#listensAt.port
  }

  get connectionCount(): number {
    return this.#sessions.size
  }

  get queuedBytes(): number {
    let queuedBytes = 0
    for (const session of this.#sessions) queuedBytes += session.queuedBytes
    return queuedBytes
  }

  async listen(): Promise<void> {
    const { host, port, timers, limits, logger } = this.#config
    this.#listensAt = await listening(this.#http, host, port)
    // Out of file descriptors, say: this connection is lost, the server is not.
    this.#http.on('error', (error) => {
      logger.warn('a connection could not be accepted', { reason: error.message })
    })
    const lookEveryMs = limits.heartbeatMs / LOOKS_PER_HEARTBEAT
    this.#stopHeartbeat = timers.every(lookEveryMs, () => {
      for (const session of this.#sessions) session.checkLiveness()
    })
    logger.info('listening', { url: this.url })
  }

  close({ graceMs = GRACE_MS_DEFAULT }: CloseOptions = {}): Promise<void> {
    this.#closed ??= this.#close(graceMs)
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #makeHttpServer(): Server {
    const { staticDirectory, allowedOrigins, limits, logger } = this.#config
    const http = createServer(
      requestListener({
        staticFiles: staticDirectory === undefined ? undefined : new StaticFiles(staticDirectory),
        isReady: () => this.#closed === undefined,
        logger,
      }),
    )
    http.on(
      'upgrade',
      upgradeListener({
        allowedOrigins,
        frameBytesMax: limits.frameBytesMax,
        refusal: () => this.#refusal(),
        onConnection: (webSocket, socket) => this.#connected(webSocket, socket),
        logger,
      }),
    )
    return http
  }

  #refusal(): HttpError | undefined {
    const { connectionsMax } = this.#config.limits
    if (this.#closed !== undefined) {
      return { status: 503, code: 'SHUTTING_DOWN', message: 'the server is closing' }
    }
    if (this.#sessions.size < connectionsMax) return undefined
    return {
      status: 503,
      code: 'TOO_MANY_CONNECTIONS',
      message: `${this.#sessions.size} connections are open, at most ${connectionsMax} may be`,
    }
  }

  #connected(webSocket: SessionWebSocket, socket: Socket): void {
    const session = new Session({
      services: this.#services,
      webSocket,
      socket,
      onClosed: (closed) => this.#disconnected(closed),
    })
    this.#sessions.add(session)
  }

  #disconnected(session: Session): void {
    this.#sessions.delete(session)
    if (this.#sessions.size === 0) this.#onNoSessions()
  }

  async #close(graceMs: number): Promise<void> {
    const { logger } = this.#config
    logger.info('closing', { connectionCount: this.#sessions.size, graceMs })
    const httpClosed = new Promise<void>((done) => this.#http.close(() => done()))
    const deadline = this.#deadline(graceMs)
    await Promise.race([this.#takeLeave(graceMs), deadline.passed])
    const disconnected = this.#allDisconnected()
    const farewell = this.#deadline(FAREWELL_MS)
    for (const session of this.#sessions) session.close()
    await Promise.race([disconnected, Promise.all([deadline.passed, farewell.passed])])
    deadline.cancel()
    farewell.cancel()
    this.#stopHeartbeat()
    for (const session of this.#sessions) session.terminate()
    this.#http.closeAllConnections()
    await disconnected
    await httpClosed
    if (this.#isOwnStore) await this.store.close()
    logger.info('closed')
  }

  /** Lets every client know, and waits until what they published is acknowledged. */
  async #takeLeave(graceMs: number): Promise<void> {
    const notice = {
      afterMs: graceMs,
      jitterMs: RECONNECT_JITTER_MS,
      reason: 'the server is closing',
    }
    await Promise.all([...this.#sessions].map((session) => session.leave(notice)))
  }

  #allDisconnected(): Promise<void> {
    if (this.#sessions.size === 0) return Promise.resolve()
    return new Promise((done) => {
      this.#onNoSessions = done
    })
  }

  #deadline(delayMs: number): { readonly passed: Promise<void>; readonly cancel: CancelTimer } {
    let cancel: CancelTimer = () => {}
    const passed = new Promise<void>((done) => {
      cancel = this.#config.timers.after(delayMs, done)
    })
    return { passed, cancel }
  }
}

function makeServices(config: ServerConfig, store: StreamStore): ServerServices {
  const { limits, logger, timers } = config
  const watches = new LogWatches(store)
  const isDiskAwaited = (): boolean => watches.isDiskAwaited
  return {
    store,
    limits,
    logger,
    timers,
    identity: serverIdentity(store.storeId),
    scheduler: new TurnScheduler(timers),
    watches,
    busyPolling: config.busyPolling ? new BusyPolling({ timers, isDiskAwaited }) : undefined,
    checker: new BatchChecker(limits.batchBytesMax),
    messageBuffers: new MessageBuffers(),
    lentReads: new LentReads(),
    announced: new WeakSet(),
  }
}

/** Starts to listen. Rejects with ADDRESS_IN_USE, or with what else the operating system says. */
function listening(http: Server, host: string, port: number): Promise<ListeningAddress> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? addressInUse(error, { host, port }) : error)
    })
    http.listen({ host, port }, () => {
      http.removeAllListeners('error')
      const address = http.address()
      if (address === null || typeof address === 'string') reject(new Error('not a TCP address'))
      else resolve({ address: address.address, port: address.port })
    })
  })
}

function addressInUse(
  cause: Error,
  { host, port }: { readonly host: string; readonly port: number },
): ConnectionError {
  return new ConnectionError(
    'ADDRESS_IN_USE',
    `another program listens at ${host} port ${port}; stop it, or choose another port`,
    { cause, details: { host, port } },
  )
}
