/** What recovery looks at is read before, off the event loop. */

import { readdirSync } from 'node:fs'
import { StorageError } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../../src/index.js'
import { ColdStorage } from '../../support/cold-storage.js'
import { errorOf } from '../../support/errors.js'
import { temporaryDirectory, type TemporaryDirectory } from '../../support/temporary.js'
import { appendSegments, openTestLog, SMALL, STREAM } from '../../support/test-store.js'

const SEGMENT_BYTES = 64 * 1024

/** A log that was closed; returns the path of its active segment and where the data in it ends. */
async function closedLog(directory: TemporaryDirectory) {
  await using opened = await openTestLog(directory.path, SMALL)
  await appendSegments(opened.log, 2)
  const { endOffset } = opened.log
  const names = readdirSync(directory.at(`streams/${STREAM}`))
  const active =
    names
      .filter((name) => name.endsWith('.log'))
      .toSorted()
      .at(-1) ?? ''
  return { endOffset, path: `streams/${STREAM}/${active}` }
}

describe('recovery of a log that is not in memory', () => {
  it('reads the header, and what may have been written behind the recovery point', async () => {
    using directory = temporaryDirectory()
    const { endOffset, path } = await closedLog(directory)
    const storage = new ColdStorage(directory.path)
    const store = await openStore(directory.path, { storage })
    const log = await store.ensure(STREAM, SMALL)
    expect(log.endOffset).toBe(endOffset)
    expect(storage.isThere({ path, start: 0, end: SEGMENT_BYTES })).toBe(true)
    // Each part once, and nothing of the segments before.
    const asked = storage.askedOf(path)
    expect(new Set(asked.map(String)).size).toBe(asked.length)
    expect(storage.asked.filter((part) => part.path !== path)).toEqual([])
    await store.close()
  })

  it('is refused where the disk cannot read, and succeeds when it can again', async () => {
    using directory = temporaryDirectory()
    const { endOffset, path } = await closedLog(directory)
    const storage = new ColdStorage(directory.path)
    const store = await openStore(directory.path, { storage })
    for (const failing of [1, 2]) {
      const before = storage.asked.length
      storage.interfere = () => {
        if (storage.asked.length - before !== failing) return
        throw new StorageError('IO_ERROR', `${path} cannot be read`)
      }
      await errorOf('IO_ERROR', store.ensure(STREAM, SMALL))
    }
    storage.interfere = () => undefined
    expect((await store.ensure(STREAM, SMALL)).endOffset).toBe(endOffset)
    await store.close()
  })
})
