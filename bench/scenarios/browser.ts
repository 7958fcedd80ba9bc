/**
 * A page in headless Chromium that consumes a stream through the client package, beside one that takes the
 * same bytes from a bare WebSocket and does nothing with them.
 *
 * The page checks both checksums of every batch, as it does in use, and the number in every record. The
 * bare server sends frames as large as the runs of batches that ours sends. The browser's processes, four
 * and more, share the core of the clients where there are two: with cores to spare they are faster.
 *
 * Not measured: drawing anything.
 */
import { chromiumPath } from '../actors/chromium.js'
import type { ReadWay } from '../clients/driver.js'
import type { Timing } from '../harness/actor.js'
import { THROUGHPUT_COLUMNS } from '../harness/columns.js'
import type { Scenario } from '../harness/scenario.js'
import { COLUMN_BYTES } from './publish.js'
import { noteThroughput, startTailrace } from './sides.js'

interface Parameters {
  readonly records: number
  readonly sizeBytes: number
}

const WAYS: Readonly<Record<string, ReadWay>> = {
  'by batches': 'values',
  'by batches, in place': 'in place',
  'by record': 'records',
}
const LIMIT = 'bare WebSocket'
const FRAME_BYTES = 256 * 1024
const STREAM = 'bench'

export const browser: Scenario<Parameters> = {
  name: 'browser',
  about: 'a page in Chromium consumes a stream from its first record',
  columns: THROUGHPUT_COLUMNS,
  better: 'more',
  references: Object.fromEntries(Object.keys(WAYS).map((subject) => [subject, LIMIT])),
  full: { records: 2_000_000, sizeBytes: 128 },
  small: { records: 20_000, sizeBytes: 128 },
  async run(context) {
    if (chromiumPath() === undefined) {
      context.remark(
        'NOT MEASURED: there is no Chromium (set TAILRACE_CHROMIUM to the path of one)',
      )
      return
    }
    const { records, sizeBytes } = context.parameters
    const bytes = records * (sizeBytes + COLUMN_BYTES)
    const { server, client, url } = await startTailrace(context)
    const bare = await context.start('bare-server', 'server')
    const bareUrl = (await bare.ask<{ url: string }>('address')).url
    const page = await context.start('browser-client', 'client')
    const job = { url, stream: STREAM, durability: 'relaxed', records, sizeBytes }
    await client.ask('publish', job)
    for (const _ of context.rounds()) {
      for (const [subject, way] of Object.entries(WAYS)) {
        const work = () => page.ask<Timing>('consume', { url, stream: STREAM, records, way })
        await noteThroughput(context, { subject, server, records, bytes, work })
      }
      const work = () =>
        page.ask<Timing>('receive', { url: bareUrl, bytes, frameBytes: FRAME_BYTES })
      await noteThroughput(context, { subject: LIMIT, server: bare, records, bytes, work })
    }
  },
}
