/**
 * No checksum: a flipped bit is delivered, a bad length ends the whole stream, one zeroed page of the
 * active segment drops what lies behind it without a log line.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { openStore } from '@tailrace/core'
import { expect, test } from 'vitest'

import { text, type Gap } from '../../src/index.js'
import { caught } from '../support/caught.js'
import { serveDirectory } from '../support/serve-store.js'

const STREAM = 'damaged'
const SEGMENT = path.join('streams', STREAM, '00000000000000000000.log')
const RECORDS = 100
const PAGE_BYTES = 4096
/** Of a batch's header. */
const LENGTH_AT = 4
const BODY_CHECK_AT = 32

/** A closed store with a stream of one record a batch, damaged; `isSealed`: in a segment that is not the last. */
async function damaged(
  isSealed: boolean,
  damage: (segment: Buffer) => void,
): Promise<{ readonly directory: string } & Disposable> {
  const directory = mkdtempSync(path.join(tmpdir(), 'tailrace-client-'))
  {
    await using store = await openStore(directory)
    const log = await store.ensure(STREAM)
    for (let at = 0; at < RECORDS; at += 1) await log.append({ value: valueOf(at) })
    if (isSealed) await log.append({ value: new Uint8Array(64 * 1024).fill(0x2e) })
  }
  const file = path.join(directory, SEGMENT)
  const segment = readFileSync(file)
  damage(segment)
  writeFileSync(file, segment)
  return {
    directory,
    [Symbol.dispose]: () => {
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function valueOf(offset: number): string {
  return `record ${offset} `.padEnd(300, '.')
}

/** Where the batch of a record begins. */
function batchOf(segment: Buffer, offset: number): number {
  return segment.lastIndexOf('TR', segment.indexOf(valueOf(offset)))
}

test.each<[string, (segment: Buffer) => void]>([
  ['a bit of a value', (segment) => flip(segment, segment.indexOf(valueOf(40)) + 5)],
  ['the length of a batch', (segment) => flip(segment, batchOf(segment, 40) + LENGTH_AT + 1)],
  ['the check of a batch', (segment) => flip(segment, batchOf(segment, 40) + BODY_CHECK_AT)],
])(
  '%s flipped is never delivered: the record is named, and all the others come',
  async (_, damage) => {
    using made = await damaged(true, damage)
    await using served = await serveDirectory(made.directory)
    const stream = served.client.stream(STREAM, { codec: text })
    const gaps: Gap[] = []
    const offsets: number[] = []
    const onGap = (gap: Gap): void => void gaps.push(gap)
    for await (const { offset, value } of stream.subscribe({ from: 'first', to: RECORDS, onGap })) {
      expect(value).toBe(valueOf(offset))
      offsets.push(offset)
    }
    expect(gaps).toEqual([{ from: 40, to: 41, reason: 'damage' }])
    expect(offsets).toEqual(range(0, RECORDS).filter((at) => at !== 40))
    // The damage is of one batch; the stream takes records as before.
    expect(await stream.publish('and on')).toBe(RECORDS + 1)
  },
)

test('a flipped bit is an error with the numbers for who did not ask to go on', async () => {
  using made = await damaged(true, (segment) => flip(segment, segment.indexOf(valueOf(40)) + 5))
  await using served = await serveDirectory(made.directory)
  const seen: number[] = []
  const error = await caught(
    (async () => {
      const stream = served.client.stream(STREAM, { codec: text })
      for await (const { offset } of stream.subscribe({ from: 'first' })) seen.push(offset)
    })(),
  )
  expect(seen).toEqual(range(0, 40))
  expect(error).toMatchObject({ details: { stream: STREAM } })
})

test('a zeroed page of the active segment: what was before it comes, the rest is reported and kept', async () => {
  using made = await damaged(false, (segment) => segment.fill(0, 2 * PAGE_BYTES, 3 * PAGE_BYTES))
  const before = readFileSync(path.join(made.directory, SEGMENT))
  {
    await using served = await serveDirectory(made.directory)
    const stream = served.client.stream(STREAM, { codec: text })
    const log = await served.store.open(STREAM)
    const { damage } = log.recovery
    if (damage === undefined) throw new Error('the damage was not noticed')
    expect(damage.from).toBeGreaterThan(10)
    expect(damage.from).toBeLessThan(RECORDS - 10)
    // The batch into which the page reaches from behind has a sound header: a reader is told of it.
    const accounted: number[] = []
    const onGap = ({ from, to }: Gap): void => void accounted.push(...range(from, to))
    const readAll = async (): Promise<void> => {
      for await (const record of stream.subscribe({ from: 'first', to: 'end', onGap })) {
        expect(record.value).toBe(valueOf(record.offset))
        accounted.push(record.offset)
      }
    }
    // Nobody is left to think that the log ends where the damage begins.
    expect(await caught(readAll())).toMatchObject({
      code: 'STREAM_CORRUPT',
      details: { from: damage.from },
    })
    expect(accounted).toEqual(range(0, damage.from))
    expect(await caught(stream.publish('on top of it'))).toMatchObject({ code: 'STREAM_CORRUPT' })
  }
  // Nothing of it was cut: a repair finds what lies behind the page.
  expect(Buffer.compare(readFileSync(path.join(made.directory, SEGMENT)), before)).toBe(0)
})

function flip(segment: Buffer, position: number): void {
  segment.writeUInt8(segment.readUInt8(position) ^ 1, position)
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, at) => start + at)
}
