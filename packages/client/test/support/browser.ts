/** A page in Chromium under a strict Content Security Policy, for scripts bundled as for a browser. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium, type Page } from 'playwright-core'

/** What a careful site would send: only its own scripts, no eval, sockets to this machine. */
const POLICY = "default-src 'none'; script-src 'self'; connect-src ws://127.0.0.1:*"

export interface OpenPage extends AsyncDisposable {
  readonly page: Page
  /** What the page complained about: errors, refused code, everything on its console. */
  readonly complaints: readonly string[]
}

/** Opens a page that has loaded `script` as a module. */
export async function openPage(script: string): Promise<OpenPage> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/script.js'
    response.setHeader('content-security-policy', POLICY)
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<script type="module" src="/script.js"></script>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const executablePath = process.env['TAILRACE_CHROMIUM']
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ['--no-sandbox'],
  })
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`http://127.0.0.1:${port}/`)
  return {
    page,
    complaints,
    async [Symbol.asyncDispose]() {
      await browser.close()
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}
