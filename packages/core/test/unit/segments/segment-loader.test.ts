/** Opening a sealed segment can fail behind the opening of its file: of that nothing may stay open. */
import { describe, expect, it } from 'vitest'
import { openStore } from '../../../src/index.js'
import { CountedStorage } from '../../support/counted-storage.js'
import { errorOf } from '../../support/errors.js'
import { offsetsOf, range } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { appendSegments, SMALL, STREAM } from '../../support/test-store.js'

describe('a sealed segment whose index cannot be read', () => {
  it('leaves no file open, however often it is tried, and is read once that works', async () => {
    using directory = temporaryDirectory()
    const first = await openStore(directory.path)
    const endOffset = await appendSegments(await first.ensure(STREAM, SMALL), 3)
    await first.close()

    const storage = new CountedStorage(directory.path)
    await using store = await openStore(directory.path, { storage })
    const log = await store.open(STREAM)
    const openPaths = [...storage.openPaths]
    storage.unreadable = /\.index$/
    for (let attempt = 0; attempt < 5; attempt += 1) await errorOf('IO_ERROR', offsetsOf(log))
    expect(storage.openPaths).toEqual(openPaths)
    storage.unreadable = undefined
    expect(await offsetsOf(log)).toEqual(range(0, endOffset))
    expect(storage.openPaths.length).toBeGreaterThan(openPaths.length)
  })
})
