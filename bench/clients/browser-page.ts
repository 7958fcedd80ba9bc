/**
 * What a page does in the scenario `browser`: consumes a stream through the client package, or takes as
 * many bytes from a bare WebSocket. Bundled for Chromium by actors/browser-client.ts.
 */
import type { ReadWay } from './driver.js'
import { SequenceCheck } from './record.js'
import { tailrace } from './tailrace.js'

/** A stream to consume from its first record on. */
export interface ConsumeJob {
  readonly url: string
  readonly stream: string
  readonly records: number
  readonly way: ReadWay
}
/** Bytes to take from a bare server. */
export interface ReceiveJob {
  readonly url: string
  readonly bytes: number
  readonly frameBytes: number
}
/** What the page has for whoever drives it, as `globalThis.bench`. */
export interface PageJobs {
  /** Every number is checked. Resolves with the seconds it took. */
  consume(job: ConsumeJob): Promise<number>
  receive(job: ReceiveJob): Promise<number>
}

/** What is used of the browser's; this file is compiled with Node's types. */
interface BrowserSocket {
  binaryType: string
  onopen: (() => void) | null
  onerror: (() => void) | null
  onmessage: ((event: { readonly data: ArrayBuffer }) => void) | null
  send(text: string): void
  close(): void
}
interface PageGlobals {
  readonly WebSocket: new (url: string) => BrowserSocket
  bench?: PageJobs
}

const page = globalThis as unknown as PageGlobals
page.bench = {
  async consume({ url, stream, records, way }) {
    const connection = await tailrace.connect(url)
    const check = new SequenceCheck(records)
    const start = performance.now()
    const reader = await connection.read(stream, check, way)
    await check.done
    const seconds = (performance.now() - start) / 1000
    await reader.close()
    await connection.close()
    return seconds
  },
  async receive({ url, bytes, frameBytes }) {
    const socket = new page.WebSocket(url)
    socket.binaryType = 'arraybuffer'
    await new Promise<void>((resolve, reject) => {
      socket.onopen = resolve
      socket.onerror = () => {
        reject(new Error(`no connection to ${url}`))
      }
    })
    let received = 0
    const start = performance.now()
    await new Promise<void>((resolve) => {
      socket.onmessage = ({ data }) => {
        received += data.byteLength
        if (received >= bytes) resolve()
      }
      socket.send(JSON.stringify({ send: bytes, frameBytes }))
    })
    const seconds = (performance.now() - start) / 1000
    socket.close()
    return seconds
  },
}
