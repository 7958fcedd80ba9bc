/**
 * A start on an empty stream: offsets off by one for ever after it, nothing delivered, a loop that never
 * rests.
 */

import { describe, expect, it, vi } from 'vitest'
import type { Log, LogReader, StartPosition } from '../../src/index.js'
import { START_US } from '../support/manual-clock.js'
import { offsetsOf, range } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'
import { openTestLog } from '../support/test-store.js'

async function appendOneByOne(log: Log, count: number): Promise<void> {
  await Promise.all(range(0, count).map((at) => log.append({ value: `record ${String(at)}` })))
}

async function turnsOfTheLoop(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Counts how often readers of the log are asked for more. */
function countReads(log: Log): { readonly count: number } {
  const counted = { count: 0 }
  const open = log.reader.bind(log)
  vi.spyOn(log, 'reader').mockImplementation((offset) => {
    const reader: LogReader = open(offset)
    const next = reader.next.bind(reader)
    vi.spyOn(reader, 'next').mockImplementation((maxBytes) => {
      counted.count += 1
      return next(maxBytes)
    })
    return reader
  })
  return counted
}

describe('a reader that starts on an empty stream', () => {
  it.each<[string, StartPosition]>([
    ['first', 'first'],
    ['next', 'next'],
    ['the last 10', { last: 10 }],
    ['offset 0', 0],
    ['a time', { timestampUs: START_US }],
  ])('from %s gets offset 0 first, and does not spin until it comes', async (_, from) => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    const reads = countReads(log)
    const records = log.read({ from, follow: true })
    const first = records.next()
    await turnsOfTheLoop(50)
    expect(reads.count).toBeLessThanOrEqual(1)
    await log.append([{ value: 'a' }, { value: 'b' }])
    expect((await first).value?.offset).toBe(0)
    expect((await records.next()).value?.offset).toBe(1)
    await records.return()
    // One at the start, one per advance.
    expect(reads.count).toBeLessThanOrEqual(3)
  })

  it('is at the end of a stream whose records were all given up', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    await appendOneByOne(log, 5)
    await log.trim(5)
    for (const from of ['first', 'next', { last: 3 }, 5, { timestampUs: 0 }] as const) {
      expect(log.resolveOffset(from)).toBe(5)
      expect(await offsetsOf(log, { from })).toEqual([])
    }
    await log.append({ value: 'next' })
    expect(await offsetsOf(log, { from: 'first' })).toEqual([5])
  })
})
