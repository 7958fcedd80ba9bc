/**
 * A start that is not what was asked for: "last" as the start of the last segment, an offset beyond the end
 * that quietly becomes "next", times in whole seconds.
 */

import { expect, test } from 'vitest'

import { raw, type Stream, type SubscribeOptions } from '../../src/index.js'
import { caught } from '../support/caught.js'
import { serveStore } from '../support/serve-store.js'

const RECORDS = 60

async function offsetsFrom(
  stream: Stream<Uint8Array>,
  options: SubscribeOptions,
): Promise<number[]> {
  const offsets: number[] = []
  for await (const { offset } of stream.subscribe({ to: 'end', ...options })) offsets.push(offset)
  return offsets
}

function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, at) => start + at)
}

test('the last n records are n records, within and across segments', async () => {
  await using served = await serveStore()
  const log = await served.store.ensure('s', { segmentBytesMax: '64KiB' })
  for (let at = 0; at < RECORDS; at += 1) await log.append({ value: new Uint8Array(10_000) })
  expect(log.describe().segmentCount).toBeGreaterThan(5)
  const stream = served.client.stream('s', { codec: raw })
  for (const last of [0, 1, 2, 5, 6, 7, 31, 59, 60, 61, 10_000]) {
    const expected = range(Math.max(0, RECORDS - last), RECORDS)
    expect(await offsetsFrom(stream, { from: { last } }), `the last ${last}`).toEqual(expected)
  }
})

test('an offset beyond the end or below the start is an error with the bounds, unless it is clamped', async () => {
  await using served = await serveStore()
  const log = await served.store.ensure('s')
  for (let at = 0; at < 10; at += 1) await log.append({ value: 'x' })
  await log.trim(4)
  const stream = served.client.stream('s', { codec: raw })
  for (const from of [0, 3, 11, 1_000_000, Number.MAX_SAFE_INTEGER]) {
    expect(await caught(stream.subscribe({ from }).opened())).toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      details: { stream: 's', offset: from, startOffset: 4, endOffset: 10 },
    })
  }
  expect(await offsetsFrom(stream, { from: 4 })).toEqual(range(4, 10))
  expect(await offsetsFrom(stream, { from: 10 })).toEqual([])
  expect(await offsetsFrom(stream, { from: 0, onOutOfRange: 'clamp' })).toEqual(range(4, 10))
  expect(await offsetsFrom(stream, { from: 99, onOutOfRange: 'clamp' })).toEqual([])
})

test('a time is the first record appended at or after it, to the microsecond', async () => {
  await using served = await serveStore()
  const log = await served.store.ensure('s')
  for (let at = 0; at < RECORDS; at += 1) await log.append({ value: 'x' })
  const stream = served.client.stream('s', { codec: raw })
  const times: number[] = []
  for await (const { appendTimeUs } of stream.subscribe({ from: 'first', to: 'end' })) {
    times.push(appendTimeUs)
  }
  // All within a second or so: whole seconds could not tell them apart.
  expect(new Set(times).size).toBeGreaterThan(RECORDS / 2)
  for (const timestamp of new Set(times.flatMap((time) => [time - 1, time, time + 1]))) {
    const start = times.findIndex((time) => time >= timestamp)
    const expected = start < 0 ? [] : range(start, RECORDS)
    expect(await offsetsFrom(stream, { from: { timestamp } })).toEqual(expected)
  }
})
