/**
 * The start of the page: connects to the server it came from and shows what the address names.
 */

import { App } from './app.js'
import { ServerConnection } from './connection/server-connection.js'
import { installProbe } from './probe.js'
import { ConnectionView } from './views/connection-view.js'
import { placeholder } from './views/placeholder.js'

/** Countdowns go by the second. */
const TICK_MS = 1_000

/** What the document holds for the page to fill. */
function requireElement(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the document has no element "${id}"`)
  return found
}

/** Where the server listens: beside the page, wherever that was loaded from. */
function serverUrl(): string {
  const url = new URL('v1', document.baseURI)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  url.hash = ''
  return url.href
}

async function main(): Promise<void> {
  let app: App | undefined = undefined
  const elapsedMs = (): number => performance.now()
  const connectionElement = requireElement('connection')
  const mainElement = requireElement('main')
  const connection = new ServerConnection({
    url: serverUrl(),
    nowMs: elapsedMs,
    onChange: () => showConnection(),
  })
  const view = new ConnectionView({
    target: connectionElement,
    nowMs: elapsedMs,
    onRetry: () => connection.retryNow(),
    onReload: () => location.reload(),
  })
  function showConnection(): void {
    view.show(connection.status)
    app?.setConnected(connection.status.state === 'open')
  }
  installProbe(() => app?.reader)
  mainElement.replaceChildren(placeholder({ title: 'Connecting…' }))
  setInterval(() => view.show(connection.status), TICK_MS)

  app = new App({
    client: await connection.open(),
    main: mainElement,
    crumbs: requireElement('crumbs'),
    nowMs: () => Date.now(),
    elapsedMs,
  })
}

await main()
