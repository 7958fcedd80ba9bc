/** Streams whose last records have expired: the segments that wait for the next ones rest as others do. */
import { describe, expect, it } from 'vitest'
import { descriptorsBelow } from '../../support/descriptors.js'
import { range } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { openTestStore } from '../../support/test-store.js'

const OPEN_MAX = 2

describe.runIf(process.platform === 'linux')('streams whose records have all expired', () => {
  it('hold no more files open than others, and take records again', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path, { activeMappingsMax: OPEN_MAX })
    const { store, storage, clock } = opened
    const retention = { maxAge: '1m' }
    const logs = await Promise.all(
      range(0, 20).map((at) => store.ensure(`s-${String(at)}`, { retention })),
    )
    for (const log of logs) await log.append({ value: 'one' })
    clock.advanceMs(120_000)
    for (const log of logs) await log.applyRetention()
    await storage.quiet()
    expect(logs.map(({ startOffset }) => startOffset)).toEqual(logs.map(() => 1))
    expect(descriptorsBelow(directory.at('streams')).length).toBeLessThanOrEqual(OPEN_MAX)
    for (const log of logs) await log.append({ value: 'two' })
    expect(logs.map(({ endOffset }) => endOffset)).toEqual(logs.map(() => 2))
  })
})
