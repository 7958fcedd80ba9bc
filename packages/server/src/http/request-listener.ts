/** Plain HTTP: health, the web console, and a clear answer to everything else. */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

import { SUBPROTOCOL } from '@tailrace/protocol'

import type { Logger } from '../logger.js'
import { respondError, respondJson } from './json-response.js'
import type { StaticFiles } from './static-files.js'

/** What the HTTP side needs to know. */
export interface HttpFacts {
  /** Undefined when the server has no console. */
  readonly staticFiles: StaticFiles | undefined
  /** Whether new connections are welcome. */
  readonly isReady: () => boolean
  readonly logger: Logger
}

const ALLOWED_METHODS = 'GET, HEAD'

/** Answers every request that is not for an upgrade. */
export function requestListener(facts: HttpFacts): RequestListener {
  return (request, response) => {
    answer(facts, request, response).catch((error: unknown) => {
      // The file could not be read to its end, or the client went away in the middle.
      const reason = error instanceof Error ? error.message : String(error)
      facts.logger.warn('an HTTP response failed', { reason, path: request.url })
      if (!response.headersSent) respondError(response, unreadableFile(request))
      else response.destroy()
    })
  }
}

async function answer(
  facts: HttpFacts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    respondError(response, {
      status: 405,
      code: 'METHOD_NOT_ALLOWED',
      message: `method ${request.method ?? 'none'} is not supported, must be GET or HEAD`,
      headers: { allow: ALLOWED_METHODS, connection: 'close' },
    })
    return
  }
  const urlPath = pathOf(request)
  switch (urlPath) {
    case '/health/live':
      respondJson(response, 200, { body: { status: 'live' } })
      return
    case '/health/ready':
      if (facts.isReady()) respondJson(response, 200, { body: { status: 'ready' } })
      else respondJson(response, 503, { body: { status: 'closing' } })
      return
    default: {
      const wasSent = await facts.staticFiles?.respond(urlPath, request, response)
      if (wasSent !== true) respondError(response, notFound(urlPath))
    }
  }
}

/** The path of a request, undecoded and without the query: no name we serve needs an escape. */
export function pathOf(request: IncomingMessage): string {
  const [urlPath = ''] = (request.url ?? '').split(/[?#]/, 1)
  return urlPath
}

function notFound(urlPath: string): Parameters<typeof respondError>[1] {
  const shown = urlPath.length > 60 ? `${urlPath.slice(0, 60)}…` : urlPath
  return {
    status: 404,
    code: 'NOT_FOUND',
    message:
      `there is nothing at ${shown}; ` +
      `streams are at "/" and "/v1" over WebSocket with the subprotocol ${SUBPROTOCOL}`,
  }
}

function unreadableFile(request: IncomingMessage): Parameters<typeof respondError>[1] {
  return {
    status: 500,
    code: 'IO_ERROR',
    message: `the file for ${pathOf(request)} cannot be read`,
  }
}
