/**
 * The errors of a connection, each saying where it was going and what to do.
 *
 * Apart from the code that throws them because the sentences are long and several places need them.
 */

import { ConnectionError, ProtocolError, type TailraceError } from '@tailrace/format'
import { frameName, SUBPROTOCOL } from '@tailrace/protocol'

import type { TransportClose } from '../transport/transport.js'

/** Where a connection goes, in the forms that messages and details need. */
export interface Address {
  readonly url: string
  /** Host and port, as people write them. */
  readonly authority: string
  readonly host: string
  readonly port: number
}

const HTTP_PORT = 80
const HTTPS_PORT = 443

/**
 * Reads a server's URL; `http:` and `https:` are taken for `ws:` and `wss:`.
 *
 * @throws {TypeError} it is not an absolute URL of one of these schemes.
 */
export function parseAddress(text: string): Address {
  let url: URL
  try {
    url = new URL(text)
  } catch (cause) {
    throw new TypeError(`"${text}" is not a URL; expected one like ws://localhost:4455`, { cause })
  }
  url.protocol = url.protocol.replace(/^http/, 'ws')
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new TypeError(`the URL "${text}" must begin with ws://, wss://, http:// or https://`)
  }
  url.hash = ''
  const portDefault = url.protocol === 'wss:' ? HTTPS_PORT : HTTP_PORT
  const port = url.port === '' ? portDefault : Number(url.port)
  return { url: url.href, authority: `${url.hostname}:${port}`, host: url.hostname, port }
}

/** The first connection could not be made, for the reason in `close`. */
export function connectFailed(address: Address, close: TransportClose): TailraceError {
  const { refusedSubprotocol, httpStatus, error } = close
  if (refusedSubprotocol !== undefined) return unsupportedSubprotocol(address, refusedSubprotocol)
  const details = {
    ...addressDetails(address),
    ...(httpStatus === undefined ? {} : { httpStatus }),
  }
  return new ConnectionError(
    'CONNECT_FAILED',
    `cannot connect to ${address.authority}: ${reasonOf(close)}`,
    { details, cause: error },
  )
}

function reasonOf({ code, reason, httpStatus, error }: TransportClose): string {
  if (httpStatus !== undefined) {
    return `it answered with HTTP status ${httpStatus} instead of a WebSocket; check that a Tailrace server listens there and allows this origin`
  }
  const hint = 'check the host and port, and start a server there with `tailrace serve`'
  const cause = describeCause(error)
  if (cause !== '') return `${cause}; ${hint}`
  return `the connection closed with code ${code}${reason === '' ? '' : ` (${reason})`}; ${hint}`
}

/** What Node says about a failed connection; '' in a browser, which does not say. */
function describeCause(error: unknown): string {
  if (!(error instanceof Error)) return ''
  if (error.message !== '') return error.message
  // Where a host has several addresses, Node puts one error for each into an AggregateError.
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' ? code : ''
}

/** The server did not say WELCOME in time. */
export function connectTimeout(address: Address, timeoutMs: number): TailraceError {
  return new ConnectionError(
    'CONNECT_TIMEOUT',
    `no answer from ${address.authority} within ${timeoutMs} ms; check the host and port, or raise connectTimeoutMs`,
    { details: { ...addressDetails(address), timeoutMs } },
  )
}

/** The server chose another subprotocol, or none. */
export function unsupportedSubprotocol(address: Address, actual: string): TailraceError {
  const chosen = actual === '' ? 'no subprotocol' : `the subprotocol "${actual}"`
  return new ProtocolError(
    'UNSUPPORTED_SUBPROTOCOL',
    `${address.authority} chose ${chosen}, must be "${SUBPROTOCOL}"; is it a Tailrace server?`,
    { details: { ...addressDetails(address), subprotocol: actual } },
  )
}

/** An open connection ended. */
export function connectionLost(address: Address, close: TransportClose): TailraceError {
  const why = close.reason === '' ? describeCause(close.error) : close.reason
  return new ConnectionError(
    'CONNECTION_LOST',
    `the connection to ${address.authority} was lost (code ${close.code}${why === '' ? '' : `: ${why}`})`,
    { details: { ...addressDetails(address), closeCode: close.code }, cause: close.error },
  )
}

/** A request waited for the connection to come back, in vain. */
export function notConnected(address: Address, timeoutMs: number): TailraceError {
  return new ConnectionError(
    'REQUEST_TIMEOUT',
    `no connection to ${address.authority} came back within ${timeoutMs} ms; nothing was asked`,
    { details: { ...addressDetails(address), timeoutMs } },
  )
}

/** Nothing arrived for too long. */
export function peerSilent(address: Address, silentMs: number): TailraceError {
  return new ProtocolError(
    'PEER_SILENT',
    `nothing was heard from ${address.authority} for ${silentMs} ms`,
    { details: { ...addressDetails(address), silentMs } },
  )
}

/** The server sent text; the protocol has binary messages only. */
export function textMessage(): TailraceError {
  return new ProtocolError('MALFORMED_FRAME', 'a text message arrived, must be binary')
}

/** The server answered a request with the reply to another kind of request. */
export function unexpectedReply(requestType: number, replyType: number): TailraceError {
  return new ProtocolError(
    'MALFORMED_FRAME',
    `${frameName(requestType)} was answered with ${frameName(replyType)}`,
  )
}

/** Attempts to reconnect have come to their end. */
export function reconnectGivenUp(
  address: Address,
  attempts: number,
  cause: TailraceError,
): TailraceError {
  return new ConnectionError(
    'CONNECTION_LOST',
    `gave up on ${address.authority} after ${attempts} failed attempts to reconnect: ${cause.message}`,
    { details: { ...addressDetails(address), attempts }, cause },
  )
}

/** The application closed the client, perhaps by a signal with a reason. */
export function clientClosed(cause?: unknown): TailraceError {
  return new ConnectionError('CLIENT_CLOSED', 'the client was closed', { cause })
}

function addressDetails({ url, host, port }: Address): Readonly<Record<string, unknown>> {
  return { url, host, port }
}
