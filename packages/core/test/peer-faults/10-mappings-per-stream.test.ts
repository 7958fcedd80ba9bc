/**
 * Four mappings and 24 MB of address space for each stream, of 65,530 mappings that a process may have.
 * Here a stream that is written has one of 64 KiB, and one that rests has none.
 */

import { describe, expect, it } from 'vitest'
import { descriptorsBelow } from '../support/descriptors.js'
import { bytesOf, collectGarbage, mappingsBelow } from '../support/mappings.js'
import { range, valuesOf } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'
import { openTestStore } from '../support/test-store.js'

const STREAMS = 40
const SEGMENT_BYTES = 64 * 1024

async function writeAndRead(root: string, activeMappingsMax?: number): Promise<number[]> {
  await using opened = await openTestStore(
    root,
    activeMappingsMax === undefined ? {} : { activeMappingsMax },
  )
  const { store } = opened
  for (const at of range(0, STREAMS)) {
    const log = await store.ensure(`s-${String(at)}`)
    await log.append({ value: 'one' })
    expect(await valuesOf(log)).toEqual(['one'])
  }
  await collectGarbage()
  const mappings = mappingsBelow(root)
  return [mappings.length, bytesOf(mappings), descriptorsBelow(root).length]
}

describe('a small stream that is written and read', () => {
  it('costs one mapping of 64 KiB and one descriptor', async () => {
    using directory = temporaryDirectory()
    const counts = await writeAndRead(directory.path)
    expect(counts).toEqual([STREAMS, STREAMS * SEGMENT_BYTES, STREAMS])
  })

  it('costs none while it rests, which all do but as many as the store is told to keep', async () => {
    using directory = temporaryDirectory()
    const counts = await writeAndRead(directory.path, 5)
    expect(counts).toEqual([5, 5 * SEGMENT_BYTES, 5])
  })
})

describe('a stream of many segments', () => {
  it('costs what is read of it, within the bound of the store, and not a mapping each', async () => {
    using directory = temporaryDirectory()
    const mappedBytesMax = 4 * SEGMENT_BYTES
    await using opened = await openTestStore(directory.path, { mappedBytesMax })
    const log = await opened.store.ensure('long', { segmentBytesMax: '64KiB' })
    while (log.describe().segmentCount < 30) await log.append({ value: new Uint8Array(20_000) })
    for await (const { offset } of log.read({ from: 'first' }))
      expect(offset).toBeLessThan(log.endOffset)
    await opened.storage.quiet()
    await collectGarbage()
    const mappings = mappingsBelow(directory.path)
    // Beside the sealed ones the active segment, and the file that is prepared for the next.
    expect(bytesOf(mappings)).toBeLessThanOrEqual(mappedBytesMax + 2 * SEGMENT_BYTES)
  })
})
