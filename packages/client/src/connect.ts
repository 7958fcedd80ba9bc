/**
 * The way in: makes a client.
 */

import { openWebSocket } from '#websocket'

import { Client } from './client.js'
import { resolveConnectOptions, type ConnectOptions } from './connect-options.js'
import { clientClosed, parseAddress } from './connection/connection-errors.js'
import { Session } from './connection/session.js'
import type { Environment } from './environment.js'
import { systemClock } from './io/clock.js'
import { createAtEndOfTurn } from './io/end-of-turn.js'
import { systemRandom } from './io/random.js'
import { adoptWebSocket } from './transport/web-socket-transport.js'
import type { OpenTransport } from './transport/transport.js'

/** The version that this client tells the server. */
export const CLIENT_VERSION = '0.1.0'

/**
 * Connects to a server: `await connect('ws://localhost:4455')`. `http:` and `https:` URLs do as well.
 *
 * Resolves once requests can be made. From then on a lost connection is replaced by itself; see
 * `Client.onState`.
 *
 * @throws {ConnectionError} CONNECT_FAILED when nobody answers there, CONNECT_TIMEOUT when not in time.
 * @throws {ProtocolError} UNSUPPORTED_SUBPROTOCOL or UNSUPPORTED_PROTOCOL_VERSION when something else
 *   than a server of this version answers.
 * @throws {TypeError | RangeError} the URL or an option is none.
 */
export function connect(url: string, options: ConnectOptions = {}): Promise<Client> {
  const environment = {
    clock: systemClock,
    random: systemRandom,
    atEndOfTurn: createAtEndOfTurn(),
    openTransport: openTransportOf(options),
  }
  return connectIn(environment, url, options)
}

/** As `connect`, in a world of the caller's choice. */
export async function connectIn(
  environment: Environment,
  url: string,
  options: ConnectOptions = {},
): Promise<Client> {
  const { signal, name = `tailrace-client/${CLIENT_VERSION}` } = options
  const { closeTimeoutMs, ...config } = resolveConnectOptions(options)
  const address = parseAddress(url)
  signal?.throwIfAborted()
  const session = new Session({ ...config, environment, address, clientName: name })
  const stopListening = closeOnAbort(session, signal)
  try {
    await session.start()
  } catch (error) {
    stopListening()
    signal?.throwIfAborted()
    throw error
  }
  return new Client(session, closeTimeoutMs)
}

function openTransportOf({ webSocket }: ConnectOptions): OpenTransport {
  if (webSocket === undefined) return openWebSocket
  return (options) => adoptWebSocket(webSocket(options.url, options.subprotocol), options)
}

/** Closes the session on abort, until it is closed anyway. */
function closeOnAbort(session: Session, signal: AbortSignal | undefined): () => void {
  const onAbort = (): void => {
    void session.close(clientClosed(signal?.reason))
  }
  const stopListening = (): void => {
    signal?.removeEventListener('abort', onAbort)
  }
  signal?.addEventListener('abort', onAbort)
  session.onState(({ state }) => {
    if (state === 'closed') stopListening()
  })
  return stopListening
}
