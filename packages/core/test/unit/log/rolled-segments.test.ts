/** How many segments a writer may leave behind that are still to be synced and cut to size. */
import { describe, expect, it } from 'vitest'
import { descriptorsBelow } from '../../support/descriptors.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { openTestLog } from '../../support/test-store.js'

const RECORDS = Array.from({ length: 10 }, () => ({ value: new Uint8Array(6000) }))
const APPENDS = 400
/** 64 that wait, the active one, the next, and what is being made or cut. */
const OPEN_MAX = 72

describe.each(['fsync', 'relaxed'] as const)('a writer as fast as it can be (%s)', (durability) => {
  it('leaves few segments open, and each is cut to size in the end', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, {
      durability,
      segmentBytesMax: '64KiB',
      flushIntervalMs: 60_000,
    })
    const { log } = opened
    let openMax = 0
    for (let at = 0; at < APPENDS; at += 1) {
      await log.append(RECORDS)
      openMax = Math.max(openMax, descriptorsBelow(directory.path).length)
    }
    expect(log.describe().segmentCount).toBeGreaterThan(APPENDS / 2)
    expect(openMax).toBeGreaterThan(1)
    expect(openMax).toBeLessThan(OPEN_MAX)
    expect(log.durableOffset).toBeGreaterThan(log.endOffset / 2)
    expect(opened.backgroundErrors).toEqual([])
  })
})
