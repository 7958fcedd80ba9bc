/** What a server is started with: the caller's options, and what they come to. */

import { normalOrigin } from './http/origin-policy.js'
import { systemTimers, type Timers } from './io/timers.js'
import { silentLogger, type Logger } from './logger.js'
import { completeLimits, type ServerLimits } from './server-limits.js'
import type { StreamStore } from './storage/storage-port.js'

/** Options of `startServer`. */
export interface ServerOptions {
  /**
   * The streams to serve: an open store, which stays open and the caller's own, or a data directory,
   * whose store is opened now and closed with the server.
   */
  readonly store: StreamStore | string
  /** Address to listen on. Default `127.0.0.1`: this machine only. */
  readonly host?: string | undefined
  /** Port to listen on; 0 takes a free one. Default 4455. */
  readonly port?: number | undefined
  /** Limits other than the defaults. */
  readonly limits?: Partial<ServerLimits> | undefined
  /** Directory of the web console's files, served at `/`. Default: none. */
  readonly staticDirectory?: string | undefined
  /** Origins, such as `https://example.org`, of pages that may connect besides those of this host. */
  readonly allowedOrigins?: readonly string[] | undefined
  /**
   * Whether the event loop may look at the sockets for up to 0.2 ms after something came, before it sleeps, as
   * long as that mostly finds something. Faster where clients wait for each answer; takes processor time, up to
   * all of a core while they are busy. An idle server sleeps either way. Default true.
   */
  readonly busyPolling?: boolean | undefined
  /** Default: nothing is logged. */
  readonly logger?: Logger | undefined
  /** For tests that decide about time. Default: Node's timers. */
  readonly timers?: Timers | undefined
}

/** Options, complete and checked. */
export interface ServerConfig {
  readonly host: string
  readonly port: number
  readonly limits: ServerLimits
  readonly staticDirectory: string | undefined
  readonly allowedOrigins: ReadonlySet<string>
  readonly busyPolling: boolean
  readonly logger: Logger
  readonly timers: Timers
}

const HOST_DEFAULT = '127.0.0.1'
const PORT_DEFAULT = 4455
const PORT_MAX = 0xffff

/**
 * Completes the options.
 *
 * @throws {RangeError} a port, limit or origin that cannot be.
 */
export function completeOptions(options: ServerOptions): ServerConfig {
  const { port = PORT_DEFAULT } = options
  if (!Number.isInteger(port) || port < 0 || port > PORT_MAX) {
    throw new RangeError(`port is ${port}, must be an integer from 0 to ${PORT_MAX}`)
  }
  return {
    host: options.host ?? HOST_DEFAULT,
    port,
    limits: completeLimits(options.limits),
    staticDirectory: options.staticDirectory,
    allowedOrigins: new Set((options.allowedOrigins ?? []).map(normalOrigin)),
    busyPolling: options.busyPolling ?? true,
    logger: options.logger ?? silentLogger,
    timers: options.timers ?? systemTimers,
  }
}
