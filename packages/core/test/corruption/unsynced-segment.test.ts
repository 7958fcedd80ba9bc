/**
 * The newest segment of a `relaxed` stream after a loss of power: its file was not synced when it was
 * prepared, so that any size of it may be left.
 */

import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { copyDirectory, segmentFiles, streamDirectory } from '../support/files.js'
import { offsetsOf, range } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'
import { appendSegments, openTestLog, SMALL, STREAM } from '../support/test-store.js'

const RELAXED = { ...SMALL, durability: 'relaxed' } as const
const FILE_BYTES = 64 * 1024
const PAGE_BYTES = 4096

/** About the ends of the header's parts and of the first batch's header, and every page. */
const SIZES = [
  ...[0, 1, 8, 63, 64, 65, 127, 128, 129, 136, 199, 200, 201],
  ...range(1, FILE_BYTES / PAGE_BYTES + 1).map((page) => page * PAGE_BYTES),
]

describe('a segment whose file was not synced', () => {
  it('keeps whole batches of what is left, whatever the size, and the log goes on there', async () => {
    using directory = temporaryDirectory()
    const killed = directory.at('killed')
    await using running = await openTestLog(directory.at('running'), RELAXED)
    const { log, storage } = running
    await log.append({ value: 'first' })
    await log.flush()
    await storage.quiet()
    const durableEnd = log.endOffset
    await appendSegments(log, 1)
    for (let at = 0; at < 40; at += 1) await log.append({ value: new Uint8Array(1000) })
    await storage.quiet()
    copyDirectory(directory.at('running'), killed)
    expect(segmentFiles(killed, STREAM).length).toBe(2)
    const kept = new Set<number>()
    for (const size of SIZES) {
      const copy = copyDirectory(killed, directory.at(`cut-${String(size)}`))
      const newest = segmentFiles(copy, STREAM).at(-1) ?? ''
      truncateSync(join(streamDirectory(copy, STREAM), newest), size)
      kept.add(await endAfterTwoOpenings(copy))
    }
    expect(Math.min(...kept)).toBeGreaterThanOrEqual(durableEnd)
    expect(Math.max(...kept)).toBe(log.endOffset)
    // At least with each page another batch came, until all are there.
    expect(kept.size).toBeGreaterThan(8)
  })
})

/** Opens the log, appends to it, opens it once more; returns where it ended the first time. */
async function endAfterTwoOpenings(root: string): Promise<number> {
  let end: number
  {
    await using opened = await openTestLog(root)
    end = opened.log.endOffset
    expect(await offsetsOf(opened.log)).toEqual(range(0, end))
    await opened.log.append({ value: 'next' })
    await appendSegments(opened.log, 1)
  }
  await using again = await openTestLog(root)
  expect(await offsetsOf(again.log)).toEqual(range(0, again.log.endOffset))
  expect(again.log.endOffset).toBeGreaterThan(end)
  expect(again.backgroundErrors).toEqual([])
  return end
}
