/**
 * The stored position of a consumer is what was read ahead, not what was done: records are lost on
 * resuming.
 */

import { describe, expect, it } from 'vitest'
import type { Log } from '../../src/index.js'
import { offsetsOf, range } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'
import { openTestLog, openTestStore, STREAM } from '../support/test-store.js'

async function appendOneByOne(log: Log, count: number): Promise<void> {
  await Promise.all(range(0, count).map((at) => log.append({ value: `record ${String(at)}` })))
}

describe('the stored position of a consumer', () => {
  it('is what it committed, not what was read', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path)
      const { log } = opened
      await appendOneByOne(log, 20)
      const records = log.read({ from: 'first' })
      for (let at = 0; at < 13; at += 1) await records.next()
      await log.cursors.commit('invoices', 3)
      await records.return()
    }
    await using opened = await openTestStore(directory.path)
    const log = await opened.store.open(STREAM)
    expect(log.cursors.get('invoices')?.offset).toBe(3)
    expect((await offsetsOf(log, { from: log.cursors.get('invoices')?.offset ?? -1 }))[0]).toBe(3)
  })

  it('can be seen, and so can its lag', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    await appendOneByOne(log, 20)
    await log.cursors.commit('invoices', 3)
    const lags = log.cursors.list().map(({ name, offset }) => [name, log.visibleOffset - offset])
    expect(lags).toEqual([['invoices', 17]])
  })
})
