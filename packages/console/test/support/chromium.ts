/**
 * Real Chromium for tests of the page, and what is watched while one runs.
 */

import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

import type { Probe } from '../../src/probe.js'

declare global {
  interface Window {
    /** Set by values that became markup, which must never happen. */
    hacked?: boolean
  }
}

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * What Chromium itself reports when nobody listens at the server's port: of the page's attempts to
 * connect, and of the page's icon, which it may fetch only then.
 */
const REFUSED =
  /^(WebSocket connection to '.*' failed|Failed to load resource: net::ERR_CONNECTION)/

/** Starts Chromium with a profile that is new and empty. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env['TAILRACE_CHROMIUM']
  if (executablePath === undefined) throw new Error('TAILRACE_CHROMIUM names no Chromium')
  return chromium.launch({ executablePath, args: ARGUMENTS })
}

/** The pages of one test. Whatever they complain about is collected. */
export class TestPages implements AsyncDisposable {
  /** Errors and warnings of the pages, in order. */
  readonly complaints: string[] = []
  readonly #context: BrowserContext
  readonly #baseUrl: string
  /** Whether failed connections are to be expected, because the server is gone on purpose. */
  isServerGone = false

  private constructor(context: BrowserContext, baseUrl: string) {
    this.#context = context
    this.#baseUrl = baseUrl
  }

  /** Begins a test with the pages of the server at `baseUrl`. */
  static async create(browser: Browser, baseUrl: string): Promise<TestPages> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    return new TestPages(context, baseUrl)
  }

  /** Opens a page at a hash and waits until it is connected. */
  async open(hash: string): Promise<Page> {
    const page = await this.#context.newPage()
    page.on('pageerror', (error) => this.complaints.push(String(error)))
    page.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return
      if (this.isServerGone && REFUSED.test(message.text())) return
      this.complaints.push(`${message.type()}: ${message.text()}`)
    })
    await page.goto(`${this.#baseUrl}${hash}`)
    await page.locator('.connection[data-state=open]').waitFor()
    return page
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close()
  }
}

/** What has been taken into the list of a page. */
export function seenOf(page: Page): Promise<Probe['seen']> {
  return page.evaluate(() => window.tailrace?.seen)
}

/** The records in the list of a page. */
export function keptOf(page: Page): Promise<Probe['kept']> {
  return page.evaluate(() => window.tailrace?.kept ?? [])
}

/** Waits until the record at `offset` is in the list. */
export async function waitForOffset(page: Page, offset: number): Promise<void> {
  await page.waitForFunction((due) => (window.tailrace?.seen?.last ?? -1) >= due, offset)
}

/** Waits until the reading in a page is in a state, by the word in its status line. */
export async function waitForStatus(page: Page, text: string): Promise<void> {
  await page.locator('.tail-status .state', { hasText: text }).waitFor()
}

/** Waits until a page draws a row for the record at `offset`. */
export async function waitForRow(page: Page, offset: number): Promise<void> {
  await rowOf(page, offset).waitFor()
}

/** The drawn row of a record. */
export function rowOf(page: Page, offset: number): ReturnType<Page['locator']> {
  const cell = page.locator('.offset', { hasText: new RegExp(`^${offset}$`) })
  return page.locator('.spacer > .row:not([hidden])', { has: cell })
}
