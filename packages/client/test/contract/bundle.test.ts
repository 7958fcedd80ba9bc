/** The client bundles for a browser as it is: no Node, no `ws`, no polyfill, and not large. */

import { gzipSync } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'

import { bundle, type Bundle } from '../support/bundle.js'

const GZIP_BYTES_MAX = 40 * 1024

let built: Bundle

beforeAll(async () => {
  built = await bundle("export * from '@tailrace/client'")
})

test('imports nothing', () => {
  expect(built.imports).toEqual([])
  expect(built.code).not.toMatch(/\brequire\s*\(/)
})

test('holds nothing of Node and nothing of ws', () => {
  expect(built.code).not.toContain('node:')
  expect(built.code).not.toContain('browser-external')
  for (const trait of ['Sec-WebSocket-Key', 'permessage-deflate', 'perMessageDeflate', 'crc32(']) {
    expect(built.code).not.toContain(trait)
  }
  expect(built.code).toContain('new WebSocket(')
})

test('is small', () => {
  expect(gzipSync(built.code).byteLength).toBeLessThan(GZIP_BYTES_MAX)
})
