/** A consumer overrun by retention: records skipped without a word, wrong offsets from then on, a core that spins. */

import { expect, test } from 'vitest'

import { raw, type Gap } from '../../src/index.js'
import { caught } from '../support/caught.js'
import { countReads, idleTurns, serveStore, type ServedStore } from '../support/serve-store.js'

const STREAM = 'overrun'
const VALUE_BYTES = 10_000
const RECORDS = 400
const FIRST_KEPT = 390

/** A value that says which record it is. */
function valueOf(offset: number): Uint8Array {
  return new Uint8Array(VALUE_BYTES).fill(offset % 251)
}

/** A consumer that has taken three records of many, of which retention then keeps the last ten. */
async function overrun(served: ServedStore, onGap?: (gap: Gap) => void) {
  const { client, store } = served
  const log = await store.ensure(STREAM, { segmentBytesMax: '64KiB' })
  for (let offset = 0; offset < RECORDS; offset += 1) await log.append({ value: valueOf(offset) })
  const reads = countReads(log)
  const stream = client.stream(STREAM, { codec: raw })
  // A small window: what the consumer has not taken stays on the server, where retention finds it.
  const subscription = stream.subscribe({ from: 'first', windowBytes: 32 * 1024, onGap })
  const records = subscription[Symbol.asyncIterator]()
  const seen: number[] = []
  const take = async (): Promise<void> => {
    const { value } = await records.next()
    if (value === undefined) throw new Error('the subscription ended')
    expect(Buffer.compare(value.value, valueOf(value.offset))).toBe(0)
    seen.push(value.offset)
  }
  for (let count = 0; count < 3; count += 1) await take()
  await log.trim(FIRST_KEPT)
  return { log, stream, subscription, reads, seen, take }
}

test('a consumer that retention overtakes is told which records are gone, and every offset is right', async () => {
  await using served = await serveStore()
  const gaps: Gap[] = []
  const { stream, subscription, reads, seen, take } = await overrun(served, (gap) => gaps.push(gap))
  while (seen.at(-1) !== RECORDS - 1) await take()
  const [gap] = gaps
  if (gap === undefined) throw new Error('nobody was told')
  expect(gaps).toEqual([{ from: gap.from, to: FIRST_KEPT, reason: 'retention' }])
  const expected = Array.from({ length: RECORDS }, (_, offset) => offset)
  expect(seen).toEqual(expected.filter((offset) => offset < gap.from || offset >= gap.to))
  // At the tail again: it waits, and what comes next has the next offset.
  const readsAtTail = reads.count
  await idleTurns(served.client)
  expect(reads.count).toBeLessThanOrEqual(readsAtTail + 1)
  expect(await stream.publish(valueOf(RECORDS))).toBe(RECORDS)
  await take()
  expect(seen.at(-1)).toBe(RECORDS)
  await subscription.close()
})

test('a consumer that retention overtakes and that did not ask to go on gets an error with the bounds', async () => {
  await using served = await serveStore()
  const { seen, take } = await overrun(served)
  const error = await caught(
    (async () => {
      for (;;) await take()
    })(),
  )
  expect(seen).toEqual(Array.from({ length: seen.length }, (_, offset) => offset))
  expect(seen.length).toBeLessThan(FIRST_KEPT)
  expect(error).toMatchObject({
    code: 'OFFSET_OUT_OF_RANGE',
    details: { stream: STREAM, startOffset: FIRST_KEPT },
  })
})
