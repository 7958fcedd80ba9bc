/**
 * Jobs of a client, done by a page in headless Chromium.
 *
 * The page is served from loopback under the Content Security Policy of a careful site, with the client
 * package bundled as an application would. Its processor time is that of all processes of the browser.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import type { Rolldown } from 'vite'
import type { ConsumeJob, PageJobs, ReceiveJob } from '../clients/browser-page.js'
import { serveJobs } from '../harness/actor.js'
import type { Timing } from '../harness/actor.js'
import { cpuSecondsOf } from '../peers/process-table.js'
import { chromiumPath } from './chromium.js'

const POLICY = "default-src 'none'; script-src 'self'; connect-src ws://127.0.0.1:*"
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const script = await bundlePage()
const server = createServer((request, response) => {
  const isScript = request.url === '/script.js'
  response.setHeader('content-security-policy', POLICY)
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
  response.end(isScript ? script : '<script type="module" src="/script.js"></script>')
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const executablePath = chromiumPath()
const browser = await chromium.launch({
  ...(executablePath === undefined ? {} : { executablePath }),
  args: FLAGS,
})
const page = await browser.newPage()
await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)

serveJobs(
  {
    version: () => Promise.resolve({ version: browser.version() }),
    consume: (job: ConsumeJob) => timedInPage(page, (inPage) => inPage.evaluate(consume, job)),
    receive: (job: ReceiveJob) => timedInPage(page, (inPage) => inPage.evaluate(receive, job)),
  },
  async () => {
    await browser.close()
    server.close()
  },
)

// These two are run in the page.
function consume(job: ConsumeJob): Promise<number> {
  return (globalThis as unknown as { readonly bench: PageJobs }).bench.consume(job)
}
function receive(job: ReceiveJob): Promise<number> {
  return (globalThis as unknown as { readonly bench: PageJobs }).bench.receive(job)
}

async function timedInPage(inPage: Page, work: (inPage: Page) => Promise<number>): Promise<Timing> {
  const cpuSeconds = cpuSecondsOf([process.pid])
  const seconds = await work(inPage)
  return { seconds, cpuSeconds: cpuSecondsOf([process.pid]) - cpuSeconds }
}

async function bundlePage(): Promise<string> {
  const output = await build({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('../..', import.meta.url)),
    build: {
      write: false,
      target: 'es2022',
      rolldownOptions: {
        input: fileURLToPath(new URL('../clients/browser-page.js', import.meta.url)),
      },
    },
  })
  const [{ output: parts }] = [output].flat() as [Rolldown.RolldownOutput]
  return parts.flatMap((part) => (part.type === 'chunk' ? part.code : [])).join('\n')
}
