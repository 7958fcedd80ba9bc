/**
 * From an HTTP request to a WebSocket, or to a clear refusal.
 *
 * Checked before the handshake: that it is a WebSocket at all, the path, the page's origin, the
 * subprotocol, and that there is room for one more connection. A refusal is a plain HTTP response with a
 * JSON body that says what to do; browsers show it in their network panel.
 */

import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

import { assert } from '@tailrace/format'
import { SUBPROTOCOL } from '@tailrace/protocol'
import { WebSocketServer } from 'ws'

import type { Logger } from '../logger.js'
import { SessionWebSocket } from '../session/session-websocket.js'
import { refuseUpgrade, type HttpError } from './json-response.js'
import { isOriginAllowed } from './origin-policy.js'
import { pathOf } from './request-listener.js'

/** What upgrades are judged by. */
export interface UpgradeFacts {
  readonly allowedOrigins: ReadonlySet<string>
  readonly frameBytesMax: number
  /** Why no connection can be taken now; undefined when one can. */
  readonly refusal: () => HttpError | undefined
  /** Called with each WebSocket that was opened and the socket under it. */
  readonly onConnection: (webSocket: SessionWebSocket, socket: Socket) => void
  readonly logger: Logger
}

/** A listener for `upgrade` events of an HTTP server. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Milliseconds a peer has to answer a close frame before its socket is destroyed. */
const CLOSE_TIMEOUT_MS = 5000

const WEBSOCKET_PATHS: ReadonlySet<string> = new Set(['/', '/v1'])

/** Opens or refuses WebSockets. */
export function upgradeListener(facts: UpgradeFacts): UpgradeListener {
  const options = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: facts.frameBytesMax,
    WebSocket: SessionWebSocket,
    handleProtocols: (offered: ReadonlySet<string>) =>
      offered.has(SUBPROTOCOL) ? SUBPROTOCOL : (false as const),
    // Newer than the types of `ws`.
    closeTimeout: CLOSE_TIMEOUT_MS,
  }
  const webSockets = new WebSocketServer(options)
  return (request, socket, head) => {
    assert(socket instanceof Socket, 'an HTTP server of Node hands out sockets')
    const refusal = refusalOf(facts, request, socket)
    if (refusal === undefined) {
      socket.setNoDelay(true)
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        facts.onConnection(webSocket, socket)
      })
      return
    }
    const { code, message } = refusal
    facts.logger.debug('refused a connection', { code, reason: message })
    // Nobody else listens to the socket any more; that it fails now changes nothing.
    socket.on('error', () => socket.destroy())
    refuseUpgrade(socket, refusal)
  }
}

function refusalOf(
  facts: UpgradeFacts,
  request: IncomingMessage,
  socket: Socket,
): HttpError | undefined {
  const { upgrade, origin, host } = request.headers
  if (request.method !== 'GET' || upgrade?.toLowerCase() !== 'websocket') return badUpgrade(upgrade)
  const urlPath = pathOf(request)
  if (!WEBSOCKET_PATHS.has(urlPath)) return wrongPath()
  const { localAddress } = socket
  if (!isOriginAllowed({ origin, host, localAddress }, facts.allowedOrigins)) {
    return foreignOrigin(origin)
  }
  return wrongSubprotocol(request) ?? facts.refusal()
}

function badUpgrade(upgrade: string | undefined): HttpError {
  return {
    status: 400,
    code: 'BAD_UPGRADE',
    message: `upgrade to "${upgrade ?? ''}" is not supported, must be a GET with "websocket"`,
  }
}

function wrongPath(): HttpError {
  return {
    status: 404,
    code: 'NOT_FOUND',
    message: 'there is no WebSocket at this path, use "/" or "/v1"',
  }
}

function foreignOrigin(origin: string | undefined): HttpError {
  return {
    status: 403,
    code: 'FORBIDDEN_ORIGIN',
    message:
      `pages of ${origin ?? 'this origin'} may not connect; ` +
      'the operator can allow them with the option allowedOrigins',
    details: { origin },
  }
}

function wrongSubprotocol(request: IncomingMessage): HttpError | undefined {
  const header = request.headers['sec-websocket-protocol'] ?? ''
  const offered = header.split(',').map((name) => name.trim())
  if (offered.includes(SUBPROTOCOL)) return undefined
  return {
    status: 400,
    code: 'UNSUPPORTED_SUBPROTOCOL',
    message: `the WebSocket names the subprotocol "${header}", must be "${SUBPROTOCOL}"`,
    details: { offered: header, supported: [SUBPROTOCOL] },
  }
}
