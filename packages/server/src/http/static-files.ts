/**
 * Files of one directory over HTTP: the web console.
 *
 * A path is taken apart and every segment must be a plain name, so no request can name a file outside
 * the directory; a symbolic link that leads out of it is not followed either. Everything is sent with
 * a Content-Security-Policy that lets a page load and connect to nothing but this server.
 *
 * `index.html` is revalidated each time; files whose names carry a hash of their content, as bundlers
 * write them, are kept for a year.
 */

import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'

import { contentTypeOf } from './content-type.js'

const INDEX_FILE = 'index.html'

/** No leading dot: neither `..` nor hidden files; no separators, drive letters or control characters. */
const PATH_SEGMENT = /^[A-Za-z0-9_~@+-][A-Za-z0-9._~@+-]{0,254}$/

/** A name with at least eight characters of hash before the extension, in a folder for such files. */
const HASHED_FILE = /^\/assets\/.*[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+$/

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** A file that may be sent. */
interface StaticFile {
  readonly file: string
  readonly urlPath: string
  readonly sizeBytes: number
  readonly entityTag: string
}

/** The files of one directory. */
export class StaticFiles {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = path.resolve(directory)
  }

  /** Answers a GET or HEAD of `urlPath`; resolves to false, nothing sent, when there is no such file. */
  async respond(
    urlPath: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<boolean> {
    const found = await this.#find(urlPath)
    if (found === undefined) return false
    const headers = {
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': HASHED_FILE.test(found.urlPath)
        ? 'public, max-age=31536000, immutable'
        : 'no-cache',
      etag: found.entityTag,
    }
    if (request.headers['if-none-match'] === found.entityTag) {
      response.writeHead(304, headers).end()
      return true
    }
    response.writeHead(200, {
      ...headers,
      'content-type': contentTypeOf(found.file),
      'content-length': found.sizeBytes,
    })
    if (request.method === 'HEAD') response.end()
    else await send(found, response)
    return true
  }

  async #find(urlPath: string): Promise<StaticFile | undefined> {
    const segments = segmentsOf(urlPath)
    if (segments === undefined) return undefined
    try {
      const root = await realpath(this.#directory)
      const file = await realpath(path.join(root, ...segments))
      if (!file.startsWith(root + path.sep)) return undefined
      const { size, mtimeMs, isFile } = await statOf(file)
      if (!isFile) return undefined
      const entityTag = `W/"${size.toString(16)}-${Math.floor(mtimeMs).toString(16)}"`
      return { file, urlPath: `/${segments.join('/')}`, sizeBytes: size, entityTag }
    } catch (error) {
      if (isAbsence(error)) return undefined
      throw error
    }
  }
}

async function send({ file, sizeBytes }: StaticFile, response: ServerResponse): Promise<void> {
  if (sizeBytes === 0) {
    response.end()
    return
  }
  // Exactly the bytes that were announced, also when the file grows meanwhile.
  await pipeline(createReadStream(file, { end: sizeBytes - 1 }), response)
}

async function statOf(file: string): Promise<{ size: number; mtimeMs: number; isFile: boolean }> {
  const stats = await stat(file)
  return { size: stats.size, mtimeMs: stats.mtimeMs, isFile: stats.isFile() }
}

/** The names on the way to a file; undefined when one is not a plain name. `/` leads to the index. */
function segmentsOf(urlPath: string): string[] | undefined {
  if (urlPath === '/') return [INDEX_FILE]
  const segments = urlPath.slice(1).split('/')
  return urlPath.startsWith('/') && segments.every((segment) => PATH_SEGMENT.test(segment))
    ? segments
    : undefined
}

function isAbsence(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENAMETOOLONG'
}
