/** JSON over plain HTTP: on a response, or on the bare socket of a refused upgrade. */

import { STATUS_CODES, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

import type { ErrorCode } from '@tailrace/format'

/** What an HTTP client that did something wrong is told. */
export interface HttpError {
  readonly status: number
  /** A registered code where one fits, else a word for the status: `NOT_FOUND`. */
  readonly code: ErrorCode | 'NOT_FOUND' | 'METHOD_NOT_ALLOWED' | 'FORBIDDEN_ORIGIN' | 'BAD_UPGRADE'
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const

/** Answers with a JSON body; without the body to HEAD. */
export function respondJson(
  response: ServerResponse,
  status: number,
  { body, headers }: { readonly body: unknown; readonly headers?: HttpError['headers'] },
): void {
  const text = `${JSON.stringify(body)}\n`
  response.writeHead(status, { ...HEADERS, 'content-length': Buffer.byteLength(text), ...headers })
  response.end(response.req.method === 'HEAD' ? undefined : text)
}

/** Answers with an error. */
export function respondError(response: ServerResponse, error: HttpError): void {
  respondJson(response, error.status, {
    body: errorBody(error),
    ...(error.headers && { headers: error.headers }),
  })
}

/** Answers a request for an upgrade with an error and ends the connection. */
export function refuseUpgrade(socket: Duplex, error: HttpError): void {
  const text = `${JSON.stringify(errorBody(error))}\n`
  const headers = {
    ...HEADERS,
    ...error.headers,
    'content-length': String(Buffer.byteLength(text)),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const reason = STATUS_CODES[error.status] ?? ''
  socket.end(`HTTP/1.1 ${error.status} ${reason}\r\n${lines.join('')}\r\n${text}`)
}

function errorBody({ code, message, details }: HttpError): unknown {
  return { error: { code, message, ...(details && { details }) } }
}
