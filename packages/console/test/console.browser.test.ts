/**
 * The built page in real Chromium, against a real `tailrace serve`.
 *
 * What a page has shown is counted by the page itself, from what went into its list, and read through
 * `window.tailrace`; what it draws is looked at in the document.
 */

import { connect, json, raw, text, type Client } from '@tailrace/client'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import {
  keptOf,
  launchChromium,
  rowOf,
  seenOf,
  TestPages,
  waitForOffset,
  waitForRow,
  waitForStatus,
} from './support/chromium.js'
import { ServerProcess } from './support/server-process.js'

const TIMEOUT_MS = 120_000

let browser: Browser
let server: ServerProcess
let client: Client
let pages: TestPages

beforeAll(async () => {
  browser = await launchChromium()
})

beforeEach(async () => {
  server = await ServerProcess.start()
  client = await connect(server.url)
  pages = await TestPages.create(browser, server.pageUrl)
})

afterEach(async () => {
  await pages[Symbol.asyncDispose]()
  await client.close()
  await server[Symbol.asyncDispose]()
  expect(pages.complaints).toEqual([])
})

afterAll(async () => {
  await browser.close()
})

describe('a page that tails a stream', { timeout: TIMEOUT_MS }, () => {
  it('shows every record once and in order, from first, next and an offset, through a kill of the server', async () => {
    const stream = client.stream('orders', { codec: text })
    const producer = stream.producer({ name: 'till' })
    const publish = async (start: number, end: number): Promise<void> => {
      for (let number = start; number < end; number++) {
        producer.send(valueOf(number))
        if (number % 20 === 0) await producer.flush()
      }
      await producer.flush()
    }
    await publish(0, 300)

    const fromFirst = await pages.open('#/streams/orders?from=first')
    const fromNext = await pages.open('#/streams/orders?from=next')
    const fromOffset = await pages.open('#/streams/orders?from=150')
    await fromNext.getByText('Waiting for record 300').waitFor()
    await waitForRow(fromFirst, 0)
    await waitForRow(fromOffset, 150)
    const readings = [
      { page: fromFirst, first: 0 },
      { page: fromNext, first: 300 },
      { page: fromOffset, first: 150 },
    ]

    // Whoever asked for a place in the past looks at that place; the end is there to be gone to.
    await fromFirst.getByRole('button', { name: 'Jump to newest' }).click()
    await fromOffset.getByRole('grid').press('End')
    await publish(300, 700)
    await Promise.all(readings.map(({ page }) => waitForOffset(page, 699)))

    const inTheMiddle = deferred()
    producer.onAck(({ baseOffset }) => {
      if (baseOffset >= 1_200) inTheMiddle.resolve()
    })
    const rest = publish(700, 3_000)
    await inTheMiddle.promise
    pages.isServerGone = true
    await server.kill()
    expect(producer.lastOffset).toBeLessThan(2_999)
    await Promise.all(readings.map(({ page }) => waitForStatus(page, 'Waiting for the connection')))
    await fromNext.locator('.connection', { hasText: 'Reconnecting' }).waitFor()
    await server.restart()
    await rest
    await publish(3_000, 3_500)

    for (const { page, first } of readings) {
      await waitForOffset(page, 3_499)
      expect(await seenOf(page)).toEqual({
        first,
        last: 3_499,
        count: 3_500 - first,
        gaps: 0,
        duplicates: 0,
        missing: 0,
      })
      const expected = range(first, 3_500).map((offset) => ({ offset, text: valueOf(offset) }))
      expect(await keptOf(page)).toEqual(expected)
      await waitForRow(page, 3_499)
      await expectText(rowOf(page, 3_499).locator('.value'), valueOf(3_499))
      await waitForStatus(page, 'Following')
    }
    await producer.close()
  })

  it('lets go of the end when the reader scrolls up, and goes back there on request', async () => {
    const stream = client.stream('orders', { codec: text })
    await publishAll(stream, range(0, 400).map(valueOf))
    const page = await pages.open('#/streams/orders')
    await waitForRow(page, 399)
    await waitForStatus(page, 'Following')
    const jump = page.getByRole('button', { name: 'Jump to newest' })
    expect(await jump.isVisible()).toBe(false)

    await page.locator('.scroller').hover()
    await page.mouse.wheel(0, -600)
    await jump.waitFor()
    await rowOf(page, 399).waitFor({ state: 'detached' })
    const inView = await firstRowInView(page)
    await publishAll(stream, range(400, 500).map(valueOf))
    await waitForOffset(page, 499)
    await page.getByText('· 1').waitFor()
    expect(await firstRowInView(page)).toBe(inView)

    await jump.click()
    await waitForRow(page, 499)
    await waitForStatus(page, 'Following')
    expect(await seenOf(page)).toMatchObject({ first: 300, count: 200, gaps: 0, duplicates: 0 })

    // Switched off, the end is not followed even from where it can be seen.
    await page.getByRole('button', { name: 'Follow', exact: true }).click()
    await publishAll(stream, range(500, 510).map(valueOf))
    await page.getByText('· 10 more').waitFor()
    await page.getByRole('grid').press('End')
    await waitForRow(page, 509)
    await waitForStatus(page, 'Following')
  })

  it('reads only a little ahead of where the reader looks', async () => {
    const stream = client.stream('orders', { codec: text })
    await publishAll(stream, range(0, 20_000).map(valueOf))
    const page = await pages.open('#/streams/orders?from=first')
    await waitForRow(page, 0)
    await waitForStatus(page, 'Reading')
    const ahead = (await seenOf(page))?.count ?? 0
    expect(ahead).toBeGreaterThan(500)
    expect(ahead).toBeLessThan(2_000)

    // Going down reads on; what is far behind leaves the list, and nothing is left out.
    await page.waitForFunction(() => {
      const scroller = document.querySelector('.scroller')
      if (scroller !== null) scroller.scrollTop = scroller.scrollHeight
      return (window.tailrace?.seen?.count ?? 0) > 8_000
    })
    const kept = await keptOf(page)
    expect(kept.length).toBe(5_000)
    expect(kept.map(({ offset }) => offset)).toEqual(
      range(kept[0]?.offset ?? -1, (kept[0]?.offset ?? -1) + 5_000),
    )
    expect(await seenOf(page)).toMatchObject({ first: 0, gaps: 0, duplicates: 0, missing: 0 })

    // From far behind, the newest are reached by leaving out what lies between, and that is said.
    await page.getByRole('button', { name: 'Jump to newest' }).click()
    await waitForRow(page, 19_999)
    const seen = await seenOf(page)
    expect(seen).toMatchObject({ last: 19_999, gaps: 0, duplicates: 0 })
    expect((seen?.count ?? 0) + (seen?.missing ?? 0)).toBe(20_000)
    expect(seen?.missing).toBeGreaterThan(5_000)
  })

  it('asks for nothing while it is paused', async () => {
    const stream = client.stream('orders', { codec: text })
    await publishAll(stream, range(0, 10).map(valueOf))
    const page = await pages.open('#/streams/orders?from=next')
    await page.getByText('Waiting for record 10').waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await waitForStatus(page, 'Paused')
    await page.getByText('the server holds the records until you resume').waitFor()

    // Several times what may be under way: without back-pressure all of it would come.
    const large = 'x'.repeat(64 * 1024)
    await publishAll(
      stream,
      Array.from({ length: 400 }, () => large),
    )
    await page.locator('.tail-status', { hasText: '400 behind' }).waitFor()
    expect(await seenOf(page)).toMatchObject({ count: 0 })

    await page.getByRole('button', { name: 'Resume' }).click()
    await waitForOffset(page, 409)
    expect(await seenOf(page)).toMatchObject({ first: 10, count: 400, gaps: 0, duplicates: 0 })
  })

  it('says which records are gone', async () => {
    const stream = client.stream('short', { codec: raw })
    await stream.ensure({ segmentBytesMax: 1 << 20, retentionBytes: 1 << 20 })
    const value = new Uint8Array(64 * 1024).fill(0x61)
    await publishAll(
      stream,
      Array.from({ length: 100 }, () => value),
    )

    const page = await pages.open('#/streams/short?from=5')
    const notice = page.locator('.row.notice', { hasText: /^Records 5–\d+ are gone/ })
    await notice.waitFor()
    // The notice comes first, in a frame of its own.
    await waitForOffset(page, 11)
    // How far retention has come by now is its own affair; that it is said exactly is ours.
    const { first = 0, missing = 0 } = (await seenOf(page)) ?? {}
    expect(first).toBeGreaterThan(10)
    expect(missing).toBe(first - 5)
    await expectText(notice, `Records 5–${first - 1} are gone: ${missing} removed by retention`)
    await waitForRow(page, first)
  })

  it('says that a stream does not exist, and shows it once it does', async () => {
    const page = await pages.open('#/streams/later?from=first')
    await page.getByRole('alert').getByText('There is no stream “later”').waitFor()
    await publishAll(client.stream('later', { codec: text }), ['at last'])
    await waitForRow(page, 0)
    await expectText(rowOf(page, 0).locator('.value'), 'at last')
  })

  it('says that the stream was deleted, also to a reader who is paused', async () => {
    const stream = client.stream('orders', { codec: text })
    await publishAll(stream, ['one', 'two'])
    const live = await pages.open('#/streams/orders?from=first')
    const paused = await pages.open('#/streams/orders?from=first')
    for (const page of [live, paused]) await waitForRow(page, 1)
    await paused.getByRole('button', { name: 'Pause' }).click()
    await waitForStatus(paused, 'Paused')
    await stream.delete()
    for (const page of [live, paused]) {
      await page.getByRole('alert').getByText('The stream “orders” is gone').waitFor()
      await waitForStatus(page, 'Stopped')
      expect(await rowOf(page, 1).locator('.value').textContent()).toBe('two')
    }
  })

  it('says that the stream is another one now, and offers to read that', async () => {
    const stream = client.stream('orders', { codec: text })
    await publishAll(stream, ['old'])
    const page = await pages.open('#/streams/orders?from=first')
    await waitForRow(page, 0)

    // Made anew while the page cannot see it: behind another port.
    pages.isServerGone = true
    await server.stop()
    await server.restart(0)
    const elsewhere = await connect(server.url)
    await elsewhere.stream('orders').delete()
    await publishAll(elsewhere.stream('orders', { codec: text }), ['new', 'newer'])
    await elsewhere.close()
    await server.stop()
    await server.restart()

    await page.getByRole('alert').getByText('The stream is not the one it was').waitFor()
    await expectText(rowOf(page, 0).locator('.value'), 'old')
    await page.getByRole('button', { name: 'Read from the first record' }).click()
    await waitForRow(page, 1)
    await expectText(rowOf(page, 0).locator('.value'), 'new')
  })
})

describe('a value', { timeout: TIMEOUT_MS }, () => {
  it('is text, whatever it says', async () => {
    const hostile = '<img src=x onerror="window.hacked=true"><script>window.hacked=true</script>'
    const stream = client.stream('hostile', { codec: raw })
    const encoder = new TextEncoder()
    const values = [hostile, JSON.stringify({ [hostile]: hostile }), `${hostile}\u202e\u0000`]
    await publishAll(
      stream,
      values.map((value) => encoder.encode(value)),
      { key: hostile, headers: { [hostile]: hostile } },
    )
    const page = await pages.open('#/streams/hostile?from=first')
    await waitForRow(page, 2)
    await expectText(rowOf(page, 0).locator('.value'), hostile)
    await expectText(rowOf(page, 0).locator('.key'), hostile)

    for (const offset of [0, 1, 2]) {
      await rowOf(page, offset).click()
      await page.getByRole('heading', { name: `Record ${offset}` }).waitFor()
      for (const format of ['auto', 'json', 'text', 'msgpack', 'hex']) {
        await page.getByLabel('Values').selectOption(format)
        await page.waitForURL((url) => url.hash.includes(format) || format === 'auto')
      }
    }
    await page.getByLabel('Values').selectOption('text')
    await page.locator('.record .value-block', { hasText: '\\u202e\\x00' }).waitFor()
    expect(await page.locator('main :is(img, script, iframe, object)').count()).toBe(0)
    expect(await page.evaluate(() => window.hacked)).toBeUndefined()
  })

  it('that is hostile MessagePack neither runs code nor harms the page', async () => {
    const stream = client.stream('hostile', { codec: raw })
    const values = [
      // A record definition of msgpackr's own extension, used often enough to be compiled.
      [0x9c, 0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1, ...range(0, 11).flatMap((i) => [0x40, i])],
      // Lengths of gigabytes: array, map, text, bytes.
      ...[0xdd, 0xdf, 0xdb, 0xc6].map((type) => [type, 0xff, 0xff, 0xff, 0xff]),
      // Deeper than any stack, and a structure that contains itself.
      range(0, 15_000).map(() => 0x91),
      [0xd6, 0x69, 0, 0, 0, 1, 0x91, 0xd6, 0x70, 0, 0, 0, 1],
    ]
    await publishAll(
      stream,
      values.map((value) => Uint8Array.from(value)),
    )
    const page = await pages.open('#/streams/hostile?from=first')
    await waitForRow(page, values.length - 1)
    await expectText(rowOf(page, 1).locator('.value'), 'dd ff ff ff ff')
    for (const offset of values.keys()) {
      await rowOf(page, offset).click()
      await page.getByRole('heading', { name: `Record ${offset}`, exact: true }).waitFor()
      await page.locator('.record .value-block').waitFor()
    }
  })

  it('is shown in full, with all that came with it', async () => {
    const stream = client.stream('orders', { codec: json })
    const timeUs = Date.UTC(2026, 10, 20, 10) * 1000
    await stream.publish({ id: 1 }, { key: 'c-17', headers: { trace: 'a1' }, timeUs })
    await stream.publish({ id: 2, lines: [{ sku: 'x' }] })
    const page = await pages.open('#/streams/orders?from=first')
    await waitForRow(page, 1)

    await rowOf(page, 0).click()
    const details = page.getByRole('complementary', { name: 'Record details' })
    await details.getByText('2026-11-20T10:00:00.000000Z').waitFor()
    for (const shown of ['c-17', 'trace', 'a1', '"id": 1']) {
      await details.getByText(shown, { exact: true }).or(details.getByText(shown)).first().waitFor()
    }
    expect(new URL(page.url()).hash).toContain('record=0')

    await page.getByRole('grid').press('ArrowDown')
    await details.getByRole('heading', { name: 'Record 1' }).waitFor()
    await expectText(
      details.locator('.value-block'),
      '{\n  "id": 2,\n  "lines": [\n    {\n      "sku": "x"\n    }\n  ]\n}',
    )
    await page.reload()
    await details.getByRole('heading', { name: 'Record 1' }).waitFor()
    await page.locator('.row[aria-selected=true]').waitFor()
    await details.getByRole('button', { name: 'Close details' }).click()
    await details.waitFor({ state: 'detached' })
    expect(new URL(page.url()).hash).toBe('#/streams/orders?from=first')
  })
})

describe('the list of streams', { timeout: TIMEOUT_MS }, () => {
  it('lists, filters, leads to a stream and back', async () => {
    for (const name of ['billing.invoices', 'billing.payments', 'sensors']) {
      await publishAll(client.stream(name, { codec: text }), ['a', 'b', 'c'])
    }
    const page = await pages.open('')
    const rows = page.locator('.streams-table tbody tr')
    await rows.nth(2).waitFor()
    expect(await rows.evaluateAll((made) => made.map((row) => row.dataset['stream']))).toEqual([
      'billing.invoices',
      'billing.payments',
      'sensors',
    ])
    await expectText(rows.first().locator('td').nth(1), '3')

    await page.getByLabel('Filter streams by name').fill('PAY')
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1)
    expect(new URL(page.url()).hash).toBe('#/?filter=PAY')
    await page.reload()
    await page.getByRole('link', { name: 'billing.payments' }).waitFor()
    expect(await rows.count()).toBe(1)

    await page.getByRole('link', { name: 'billing.payments' }).click()
    await waitForRow(page, 2)
    expect(new URL(page.url()).hash).toBe('#/streams/billing.payments?from=last:100')
    await page.goBack()
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1)
    await page.getByLabel('Filter streams by name').fill('')
    await rows.nth(2).waitFor()

    // What happens elsewhere appears by itself.
    await publishAll(client.stream('sensors', { codec: text }), ['d'])
    await client.stream('billing.invoices').delete()
    await page.locator('tr[data-stream="billing.invoices"]').waitFor({ state: 'detached' })
    await page.locator('tr[data-stream=sensors] td:nth-child(2)', { hasText: /^4$/ }).waitFor()
    await page.getByRole('link', { name: 'sensors' }).click()
    await waitForRow(page, 3)
    await page.getByRole('link', { name: 'Streams', exact: true }).click()
    await rows.nth(1).waitFor()
  })

  it('begins where the reader says', async () => {
    const stream = client.stream('orders', { codec: text })
    await publishAll(stream, range(0, 300).map(valueOf))
    const page = await pages.open('#/streams/orders')
    await waitForRow(page, 299)
    expect(await seenOf(page)).toMatchObject({ first: 200 })

    await page.getByRole('button', { name: 'First' }).click()
    await waitForRow(page, 0)
    const field = page.getByLabel('Start at an offset or a time')
    await field.fill('120')
    await field.press('Enter')
    await waitForRow(page, 120)
    expect(await seenOf(page)).toMatchObject({ first: 120 })
    await field.fill('10 min ago')
    await field.press('Enter')
    await waitForRow(page, 0)
    expect(new URL(page.url()).hash).toMatch(/from=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    await field.fill('tomorrow, perhaps')
    await field.press('Enter')
    await page.getByRole('alert').getByText('An offset such as 1200').waitFor()
    await page.getByRole('button', { name: 'Next', exact: true }).click()
    await page.getByText('Waiting for record 300').waitFor()
    await page.goBack()
    await waitForRow(page, 0)
  })
})

/** A value that tells which record it belongs to. */
function valueOf(number: number): string {
  return `record ${number}: ${'abcdefghij'.charAt(number % 10).repeat(number % 40)}`
}

async function publishAll<T>(
  stream: ReturnType<typeof client.stream<T>>,
  values: readonly T[],
  options?: Parameters<typeof stream.publish>[1],
): Promise<void> {
  await Promise.all(values.map((value) => stream.publish(value, options)))
}

/** The number of the row at the top of the view. */
function firstRowInView(page: Page): Promise<string | undefined> {
  return page.evaluate(() => {
    const scroller = document.querySelector('.scroller')
    if (scroller === null) return undefined
    const { left, top } = scroller.getBoundingClientRect()
    return document.elementFromPoint(left + 200, top + 4)?.closest('.row')?.id
  })
}

async function expectText(locator: ReturnType<Page['locator']>, expected: string): Promise<void> {
  expect(await locator.textContent()).toBe(expected)
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index)
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>((resolvePromise) => {
    resolve = resolvePromise
  })
  return { promise, resolve }
}
