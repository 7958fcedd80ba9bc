/** Plain HTTP: health, the console's files, and clear answers to everything else. */

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { serveMemory, type TestServer } from '../support/serve.js'
import type { MemoryStore } from '../support/memory-store.js'

let root: string
let tested: TestServer<MemoryStore>
let base: string

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'tailrace-console-'))
  const directory = path.join(root, 'dist')
  await mkdir(path.join(directory, 'assets'), { recursive: true })
  await writeFile(path.join(directory, 'index.html'), '<!doctype html><title>Tailrace</title>')
  await writeFile(path.join(directory, 'assets', 'index-B3xQz81k.js'), 'export {}')
  await writeFile(path.join(directory, 'logo.svg'), '<svg/>')
  await writeFile(path.join(directory, 'empty.txt'), '')
  await writeFile(path.join(directory, '.hidden'), 'CONTENT OF HIDDEN')
  await writeFile(path.join(root, 'secret.txt'), 'CONTENT OF SECRET')
  await symlink(path.join(root, 'secret.txt'), path.join(directory, 'way-out.txt'))
  tested = await serveMemory({ staticDirectory: directory })
  base = tested.url.replace('ws:', 'http:')
})

afterAll(async () => {
  await tested[Symbol.asyncDispose]()
  await rm(root, { recursive: true })
})

/** Sends a request line as it is: `fetch` would tidy the path up. */
async function rawStatus(requestLine: string): Promise<string> {
  const socket = connectTcp(tested.server.port, '127.0.0.1')
  socket.write(`${requestLine}\r\nHost: x\r\nConnection: close\r\n\r\n`)
  const pieces: Uint8Array[] = []
  for await (const piece of socket) pieces.push(piece as Uint8Array)
  const text = Buffer.concat(pieces).toString()
  expect(text).not.toContain('CONTENT OF')
  return text.slice(0, text.indexOf('\r\n'))
}

test('is live and ready', async () => {
  for (const [urlPath, status] of [
    ['/health/live', 'live'],
    ['/health/ready', 'ready'],
  ]) {
    const response = await fetch(`${base}${urlPath}`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await response.json()).toEqual({ status })
  }
})

test('serves the index at the root, to be revalidated each time', async () => {
  const response = await fetch(`${base}/`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(response.headers.get('cache-control')).toBe('no-cache')
  expect(await response.text()).toContain('Tailrace')
})

test('lets a page load from and connect to this server only', async () => {
  const policy = (await fetch(`${base}/`)).headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self'")
  expect(policy).toContain("connect-src 'self'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain('unsafe')
  expect(policy).not.toContain('*')
})

test('answers 304 to who has the file already', async () => {
  const first = await fetch(`${base}/logo.svg`)
  const etag = first.headers.get('etag') ?? ''
  expect(first.headers.get('content-type')).toBe('image/svg+xml; charset=utf-8')
  const second = await fetch(`${base}/logo.svg`, { headers: { 'if-none-match': etag } })
  expect(second.status).toBe(304)
})

test('files with a hash in their name are kept', async () => {
  const response = await fetch(`${base}/assets/index-B3xQz81k.js`)
  expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(await response.text()).toBe('export {}')
})

test('answers HEAD without a body, and an empty file with none', async () => {
  const head = await fetch(`${base}/index.html`, { method: 'HEAD' })
  expect(head.headers.get('content-length')).toBe('38')
  expect(await head.text()).toBe('')
  const empty = await fetch(`${base}/empty.txt`)
  expect(empty.status).toBe(200)
  expect(await empty.text()).toBe('')
})

test.each([
  '/nothing',
  '/assets',
  '/assets/',
  '//',
  '/.hidden',
  '/../secret.txt',
  '/assets/../../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/..\\secret.txt',
  '/way-out.txt',
  '/index.html%00.txt',
  `/${'a'.repeat(5000)}`,
])('finds nothing at %s', async (urlPath) => {
  expect(await rawStatus(`GET ${urlPath} HTTP/1.1`)).toBe('HTTP/1.1 404 Not Found')
})

test('says what there is instead of what is not there', async () => {
  const response = await fetch(`${base}/streams`)
  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({ error: { code: 'NOT_FOUND' } })
})

test('takes no other method', async () => {
  const response = await fetch(`${base}/`, { method: 'POST', body: 'x' })
  expect(response.status).toBe(405)
  expect(response.headers.get('allow')).toBe('GET, HEAD')
  expect(await response.json()).toMatchObject({ error: { code: 'METHOD_NOT_ALLOWED' } })
})

test('has nothing at the root without a console', async () => {
  await using bare = await serveMemory()
  const response = await fetch(`${bare.url.replace('ws:', 'http:')}/`)
  expect(response.status).toBe(404)
})
