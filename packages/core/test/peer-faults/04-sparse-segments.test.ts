/**
 * A full disk ends the process: segments are sparse, and a store into a hole is a signal that nobody can
 * catch. Here every page that is mapped for writing has a block before anything is stored to it.
 * (What happens when the disk is full is for the tests of a full disk.)
 */

import { statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesOf, streamDirectory } from '../support/files.js'
import { mappingsBelow } from '../support/mappings.js'
import { temporaryDirectory } from '../support/temporary.js'
import { openTestLog, STREAM } from '../support/test-store.js'

const BLOCK_BYTES = 512
const PAGE_BYTES = 4096
const KIB = 1024

/** Files that are being written, or wait to be. */
const isWritable = (name: string): boolean => /\.(log|prepared)$/.test(name)

function toPages(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES
}

/** Every file has blocks for all of its bytes, and no mapping reaches past its file. Returns the sizes. */
function expectNoHoles(root: string): number[] {
  const directory = streamDirectory(root, STREAM)
  const sizes = filesOf(root, STREAM)
    .filter(isWritable)
    .map((name) => {
      const { size, blocks } = statSync(join(directory, name))
      expect(blocks * BLOCK_BYTES, name).toBeGreaterThanOrEqual(size)
      return size
    })
  const names = filesOf(root, STREAM)
  const writable = names.filter((name) => name.endsWith('.prepared'))
  writable.push(names.filter((name) => name.endsWith('.log')).at(-1) ?? '')
  let count = 0
  for (const { path, sizeBytes, isDeleted } of mappingsBelow(directory)) {
    // Sealed segments were cut to size: what is still mapped of them behind their end is read by nobody.
    if (isDeleted || !writable.includes(basename(path))) continue
    count += 1
    expect(sizeBytes, path).toBeLessThanOrEqual(toPages(statSync(path).size))
  }
  expect(count).toBeGreaterThan(0)
  return sizes
}

describe.each(['fsync', 'relaxed'] as const)('a stream in %s mode', (durability) => {
  it('has a block for every byte of every segment file, from the first on and through rolls', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, { durability })
    const { log, storage } = opened
    expect(expectNoHoles(directory.path)).toEqual([64 * KIB])
    let sizeMax = 0
    while (log.describe().segmentCount < 6) {
      await log.append({ value: new Uint8Array(20_000).fill(1) })
      await storage.quiet()
      sizeMax = Math.max(sizeMax, ...expectNoHoles(directory.path))
    }
    // Small first, doubling: the larger ones have all of their blocks, too.
    expect(sizeMax).toBeGreaterThanOrEqual(2048 * KIB)
  })

  it('has them again after it was opened again, also for what was prepared and not used', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path, { durability })
      await opened.log.append({ value: new Uint8Array(20_000).fill(1) })
      await opened.storage.quiet()
    }
    await using opened = await openTestLog(directory.path, { durability })
    expectNoHoles(directory.path)
    while (opened.log.describe().segmentCount < 3) {
      await opened.log.append({ value: new Uint8Array(20_000).fill(1) })
      await opened.storage.quiet()
      expectNoHoles(directory.path)
    }
  })
})
