/** When a stream gets a new epoch: whoever read records that may be gone is told. */

import { describe, expect, it } from 'vitest'
import { copyDirectory } from '../../support/files.js'
import { valuesOf } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { openTestLog } from '../../support/test-store.js'

const RELAXED = { durability: 'relaxed' } as const

/** Opens a copy that a kill would have left, in a run of the machine. */
async function epochAfterKill(
  config: { readonly durability: 'fsync' | 'relaxed' },
  bootId: string,
): Promise<{ before: number; after: number; values: string[] }> {
  using directory = temporaryDirectory()
  await using opened = await openTestLog(directory.at('alive'), config, { bootId: 'first run' })
  await opened.log.append({ value: 'seen' })
  const copy = copyDirectory(directory.at('alive'), directory.at('killed'))
  await using again = await openTestLog(copy, config, { bootId })
  return { before: opened.log.epoch, after: again.log.epoch, values: await valuesOf(again.log) }
}

describe('the epoch of a stream', () => {
  it('stays over a kill of the process: nothing can be lost', async () => {
    for (const durability of ['fsync', 'relaxed'] as const) {
      const { before, after, values } = await epochAfterKill({ durability }, 'first run')
      expect(after).toBe(before)
      expect(values).toEqual(['seen'])
    }
  })

  it('is a new one when the machine went down under a relaxed stream', async () => {
    const { before, after } = await epochAfterKill(RELAXED, 'second run')
    expect(after).toBeGreaterThan(before)
  })

  it('stays when the machine went down under an fsync stream', async () => {
    const { before, after } = await epochAfterKill({ durability: 'fsync' }, 'second run')
    expect(after).toBe(before)
  })

  it('stays when a relaxed stream was closed before the machine went down', async () => {
    using directory = temporaryDirectory()
    let before
    {
      await using opened = await openTestLog(directory.path, RELAXED, { bootId: 'first run' })
      await opened.log.append({ value: 'safe' })
      before = opened.log.epoch
    }
    await using opened = await openTestLog(directory.path, RELAXED, { bootId: 'second run' })
    expect(opened.log.epoch).toBe(before)
  })

  it('costs nothing to keep: a stream that was killed in the same run is opened without a write', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.at('alive'), RELAXED, { bootId: '1' })
    await opened.log.append({ value: 'seen' })
    const copy = copyDirectory(directory.at('alive'), directory.at('killed'))
    await using again = await openTestLog(copy, RELAXED, { bootId: '1' })
    expect(again.storage.pathsOf('writeFile')).toEqual([])
  })

  it('is stamped on what is appended from then on', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.at('alive'), RELAXED, { bootId: '1' })
    await opened.log.append({ value: 'old' })
    const copy = copyDirectory(directory.at('alive'), directory.at('killed'))
    await using again = await openTestLog(copy, RELAXED, { bootId: '2' })
    await again.log.append({ value: 'new' })
    const epochs = Array.from(again.log.batches({ from: 0 }), ({ epoch }) => epoch)
    expect(epochs).toEqual([opened.log.epoch, again.log.epoch])
  })
})
