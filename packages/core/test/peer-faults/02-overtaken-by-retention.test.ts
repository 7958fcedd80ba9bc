/**
 * A consumer that retention overtakes: records skipped without a word, wrong offsets from then on.
 */

import { describe, expect, it } from 'vitest'
import type { Log } from '../../src/index.js'
import { errorOf } from '../support/errors.js'
import { offsetsOf, range } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'
import { openTestLog, SMALL, STREAM } from '../support/test-store.js'

async function appendOneByOne(log: Log, count: number): Promise<void> {
  await Promise.all(range(0, count).map((at) => log.append({ value: `record ${String(at)}` })))
}

describe('a reader that retention overtakes', () => {
  it('is told the bounds, skips nothing without a word, and goes on with right offsets', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log } = opened
    await appendOneByOne(log, 100)
    const seen: number[] = []
    const records = log.read({ from: 0, follow: true })
    for (let at = 0; at < 3; at += 1) seen.push((await records.next()).value?.offset ?? -1)
    // What was read in one go is still at hand; the reader notices when it needs more.
    for (let at = 0; at < 400; at += 1) await log.append({ value: new Uint8Array(3000) })
    await log.trim(450)
    const error = await errorOf('OFFSET_OUT_OF_RANGE', async () => {
      for await (const { offset } of records) seen.push(offset)
    })
    expect(seen).toEqual(range(0, seen.length))
    expect(error.details).toEqual({
      stream: STREAM,
      offset: seen.length,
      startOffset: 450,
      endOffset: 500,
    })
    expect(error.action).toBe('reset-offset')
    expect(await offsetsOf(log, { from: Number(error.details['startOffset']) })).toEqual(
      range(450, 500),
    )
  })
})
