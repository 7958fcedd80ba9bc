import { closeSync, ftruncateSync, openSync } from 'node:fs'
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { mapFile } from '../../../src/storage/mmap.js'
import { collectGarbage, mappingsBelow } from '../../support/mappings.js'
import { temporaryDirectory } from '../../support/temporary.js'

const SEGMENT_BYTES = 64 * 1024 * 1024
const SEGMENT_COUNT = 48

describe('a mapping', () => {
  it('counts little towards the next collection, and is unmapped by one', async () => {
    using directory = temporaryDirectory()
    const descriptor = openHole(directory.at('segment'))
    await collectGarbage()
    const majorCollections = await countingMajorCollections(async () => {
      for (let at = 0; at < SEGMENT_COUNT; at += 1) {
        expect(mapFile(descriptor, SEGMENT_BYTES, 'write').length).toBe(SEGMENT_BYTES)
        await marking()
      }
    })
    closeSync(descriptor)
    // V8 by itself has 27 of them or more. There is at least one, or nothing would ever be unmapped.
    expect(majorCollections).toBeLessThan(SEGMENT_COUNT / 3)
    await collectGarbage()
    expect(mappingsBelow(directory.path)).toEqual([])
  })

  it('has V8 collect in time when nobody else does', async () => {
    using directory = temporaryDirectory()
    const descriptor = openHole(directory.at('segment'))
    let mappedMax = 0
    for (let at = 0; at < SEGMENT_COUNT; at += 1) {
      mapFile(descriptor, SEGMENT_BYTES, 'read')
      mappedMax = Math.max(mappedMax, mappingsBelow(directory.path).length)
      await marking()
    }
    closeSync(descriptor)
    expect(mappedMax).toBeLessThan(SEGMENT_COUNT)
  })
})

/** A new file of a segment's size that takes no room on the disk, open for reading and writing. */
function openHole(path: string): number {
  const descriptor = openSync(path, 'w+')
  ftruncateSync(descriptor, SEGMENT_BYTES)
  return descriptor
}

/** Time for V8 to go through with a collection that it has begun: it marks while the loop turns. */
async function marking(): Promise<void> {
  for (let turn = 0; turn < 500; turn += 1) await nextTurn()
}

/** How often V8 has marked and compacted the whole heap meanwhile. */
async function countingMajorCollections(run: () => Promise<void>): Promise<number> {
  let count = 0
  const isMajor = (entry: { readonly detail?: unknown }) =>
    (entry.detail as { readonly kind?: number } | undefined)?.kind ===
    constants.NODE_PERFORMANCE_GC_MAJOR
  const observer = new PerformanceObserver((list) => {
    count += list.getEntries().filter(isMajor).length
  })
  observer.observe({ entryTypes: ['gc'] })
  await run()
  // Entries are handed out in a turn of their own.
  await nextTurn()
  count += observer.takeRecords().filter(isMajor).length
  observer.disconnect()
  return count
}
