/** How many segments a writer may leave behind that are still to be synced and cut to size. */
import { describe, expect, it } from 'vitest'
import { openStore } from '../../../src/index.js'
import { descriptorsBelow } from '../../support/descriptors.js'
import { mappingsBelow } from '../../support/mappings.js'
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

const MIB = 1024 * 1024

describe.runIf(process.platform === 'linux')('a stream that is only written', () => {
  it.each(['fsync', 'relaxed'] as const)(
    'has no large segment mapped before somebody reads it (%s)',
    async (durability) => {
      using directory = temporaryDirectory()
      const store = await openStore(directory.path)
      const log = await store.ensure('s', { durability, segmentBytesMax: '8MiB' })
      const large = (): number =>
        mappingsBelow(directory.path).filter(({ sizeBytes }) => sizeBytes >= 4 * MIB).length
      const value = new Uint8Array(MIB / 2)
      // 64 KiB to 4 MiB doubled, then three of 8 MiB.
      for (let at = 0; at < 64; at += 1) {
        value.fill(at)
        await log.append([{ value }])
      }
      await log.flush()
      expect(large()).toBe(0)
      let count = 0
      for (const batch of log.batches({ from: 'first' })) {
        expect(Buffer.compare(batch.value(0), value.fill(count))).toBe(0)
        count += 1
      }
      expect(count).toBe(64)
      expect(large()).toBeGreaterThan(0)
      await store.close()
    },
  )
})
