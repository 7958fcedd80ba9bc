/**
 * A full replay by one client, of records that are in the page cache, beside a bare `ws` pair that moves
 * the same bytes. The client checks the number that every record carries, so order and completeness are
 * part of the figure.
 *
 * The first replay of a segment since it was opened verifies it (*first*); later ones do not (*again*).
 */
import type { Timing } from '../harness/actor.js'
import { THROUGHPUT_COLUMNS } from '../harness/columns.js'
import type { Scenario } from '../harness/scenario.js'
import { COLUMN_BYTES, FRAME_BYTES } from './publish.js'
import { Variants, noteThroughput, startBare, peersAgainst } from './sides.js'

interface Parameters {
  readonly records: number
  readonly sizeBytes: number
}

export const replay: Scenario<Parameters> = {
  name: 'replay',
  about: 'one client replays a stream from its first record',
  columns: THROUGHPUT_COLUMNS,
  better: 'more',
  references: {
    first: 'bare ws',
    again: 'bare ws',
    ...peersAgainst('again'),
  },
  full: { records: 4_000_000, sizeBytes: 128 },
  small: { records: 20_000, sizeBytes: 128 },
  async run(context) {
    const { records, sizeBytes } = context.parameters
    const bytes = records * (sizeBytes + COLUMN_BYTES)
    const variants = await Variants.start(context, ['relaxed'])
    const { server, client, url } = await startBare(context)
    const bare = { url, bytes, frameBytes: FRAME_BYTES }
    for (const round of context.rounds()) {
      await variants.each(async ({ pair, durability }) => {
        const job = { url: pair.url, stream: `bench-${round}`, durability, records, sizeBytes }
        await pair.client.ask('publish', job)
        for (const subject of pair.name === 'tailrace' ? ['first', 'again'] : [pair.name]) {
          const work = () => pair.client.ask<Timing>('replay', job)
          await noteThroughput(context, { subject, server: pair.server, records, bytes, work })
        }
        await pair.client.ask('remove', job)
      })
      const work = () => client.ask<Timing>('replay', bare)
      await noteThroughput(context, { subject: 'bare ws', server, records, bytes, work })
    }
  },
}
