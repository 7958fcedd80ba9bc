import { writeFileSync } from 'node:fs'
import { StorageError } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { CURSORS_MAX } from '../../../src/cursors/cursor.js'
import { copyDirectory } from '../../support/files.js'
import { errorOf } from '../../support/errors.js'
import { START_US } from '../../support/manual-clock.js'
import { Gate } from '../../support/observed-storage.js'
import { range } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { openTestLog, type TestLog } from '../../support/test-store.js'

/** A log of ten records. */
async function openTen(root: string): Promise<TestLog> {
  const opened = await openTestLog(root)
  const missing = 10 - opened.log.endOffset
  if (missing > 0) await opened.log.append(range(0, missing).map((at) => ({ value: String(at) })))
  return opened
}

describe('cursors', () => {
  it('are what was committed, with a generation that only grows', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTen(directory.path)
    const { log, clock } = opened
    expect(log.cursors.get('a')).toBeUndefined()
    const first = await log.cursors.commit('a', 3)
    expect(first).toEqual({
      name: 'a',
      offset: 3,
      epoch: log.epoch,
      generation: 1,
      committedUs: START_US,
    })
    clock.now += 5
    expect(await log.cursors.commit('b', 10)).toMatchObject({ generation: 2 })
    // Going back is how one replays.
    expect(await log.cursors.commit('a', 0)).toMatchObject({ offset: 0, generation: 3 })
    expect(log.cursors.list().map(({ name, offset }) => [name, offset])).toEqual([
      ['a', 0],
      ['b', 10],
    ])
  })

  it('survive a clean end and a kill right behind the commit', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTen(directory.at('clean'))
      await opened.log.cursors.commit('a', 3)
      await opened.log.cursors.commit('b', 4)
      await opened.log.cursors.delete('b')
      copyDirectory(directory.at('clean'), directory.at('killed'))
    }
    for (const root of ['clean', 'killed']) {
      await using opened = await openTen(directory.at(root))
      const { cursors } = opened.log
      expect(cursors.list().map(({ name, offset }) => [name, offset])).toEqual([['a', 3]])
      expect((await cursors.commit('b', 1)).generation).toBeGreaterThan(2)
    }
  })

  it('are written together when they are committed at once', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTen(directory.path)
    const { log, storage } = opened
    const writesBefore = storage.pathsOf('writeFile').length
    await Promise.all(range(0, 50).map((at) => log.cursors.commit(`c${String(at)}`, at % 10)))
    expect(storage.pathsOf('writeFile').length - writesBefore).toBeLessThanOrEqual(3)
    expect(log.cursors.list().length).toBe(50)
  })

  it('are not committed by a write that fails, and can be committed again', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTen(directory.path)
    const { log, storage } = opened
    await log.cursors.commit('a', 1)
    storage.interfere = ({ kind }) => {
      if (kind === 'writeFile') throw new StorageError('NO_SPACE', 'full')
    }
    await Promise.all([
      errorOf('NO_SPACE', log.cursors.commit('a', 2)),
      errorOf('NO_SPACE', log.cursors.commit('b', 2)),
      errorOf('NO_SPACE', log.cursors.delete('a')),
    ])
    expect(log.cursors.list()).toMatchObject([{ name: 'a', offset: 1 }])
    expect(log.cursors.get('b')).toBeUndefined()
    storage.interfere = () => undefined
    await log.cursors.commit('a', 5)
    expect(log.cursors.get('a')?.offset).toBe(5)
  })

  it('notice that another consumer goes by the same name', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTen(directory.path)
    const { cursors } = opened.log
    const { generation } = await cursors.commit('a', 1, { expectedGeneration: 0 })
    const [winner, loser] = await Promise.allSettled([
      cursors.commit('a', 2, { expectedGeneration: generation }),
      cursors.commit('a', 9, { expectedGeneration: generation }),
    ])
    expect(winner.status).toBe('fulfilled')
    expect(loser).toMatchObject({ reason: { code: 'CURSOR_CONFLICT' } })
    expect(cursors.get('a')?.offset).toBe(2)
    await errorOf('CURSOR_CONFLICT', cursors.commit('a', 3, { expectedGeneration: 0 }))
    await errorOf('CURSOR_CONFLICT', cursors.commit('new', 3, { expectedGeneration: 7 }))
    await errorOf('CURSOR_CONFLICT', cursors.delete('a', { expectedGeneration: 1 }))
  })

  it('of a name that comes back do not repeat a generation', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTen(directory.path)
    const { cursors } = opened.log
    const before = await cursors.commit('a', 1)
    await cursors.delete('a')
    const after = await cursors.commit('a', 1, { expectedGeneration: 0 })
    expect(after.generation).toBeGreaterThan(before.generation)
  })

  it('lie within the log, below its start too, and are not given for nonsense', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTen(directory.path)
    const { log } = opened
    await log.trim(5)
    await log.cursors.commit('below', 2)
    await log.cursors.commit('end', 10)
    const error = await errorOf('OFFSET_OUT_OF_RANGE', log.cursors.commit('beyond', 11))
    expect(error.details).toMatchObject({ offset: 11, startOffset: 5, endOffset: 10 })
    for (const offset of [-1, 0.5, NaN, 2 ** 53]) {
      await errorOf('INVALID_REQUEST', log.cursors.commit('a', offset))
    }
    for (const name of ['', 'x'.repeat(256)]) {
      await errorOf('INVALID_REQUEST', log.cursors.commit(name, 1))
    }
    await errorOf('UNKNOWN_CURSOR', log.cursors.delete('nobody'))
    for (const name of ['x'.repeat(255), '__proto__', 'constructor', 'straße', '\0']) {
      await log.cursors.commit(name, 1)
      expect(log.cursors.get(name)?.offset).toBe(1)
    }
  })

  it('are bounded in number; committing one that is there is not', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTen(directory.path)
    const { cursors } = opened.log
    const all = range(0, CURSORS_MAX).map((at) => cursors.commit(`c${String(at)}`, 1))
    await errorOf('INVALID_REQUEST', cursors.commit('one too many', 1))
    await Promise.all(all)
    await errorOf('INVALID_REQUEST', cursors.commit('one too many', 1))
    await cursors.commit('c7', 2)
    await cursors.delete('c0')
    await cursors.commit('now', 1)
  })

  it('are an error when their file is damaged, and harm nothing else', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTen(directory.path)
      await opened.log.cursors.commit('a', 1)
    }
    writeFileSync(directory.at('streams', 's', 'cursors'), 'damaged')
    await using opened = await openTen(directory.path)
    await errorOf('STREAM_CORRUPT', () => opened.log.cursors.get('a'))
    await errorOf('STREAM_CORRUPT', opened.log.cursors.commit('a', 2))
    await opened.log.append({ value: 'goes on' })
  })

  it('that are being committed when the log is closed are committed', async () => {
    using directory = temporaryDirectory()
    const opened = await openTen(directory.path)
    const { log, store, storage } = opened
    const gate = new Gate()
    storage.interfere = async ({ kind, path }) => {
      if (kind === 'writeFile' && path.includes('cursors')) await gate.pass()
    }
    const commits = ['a', 'b'].map((name) => log.cursors.commit(name, 1))
    await gate.reached
    commits.push(log.cursors.commit('c', 1))
    const closing = store.close()
    gate.open()
    await Promise.all([...commits, closing])
    await errorOf('STREAM_CLOSED', log.cursors.commit('d', 1))
    await using again = await openTen(directory.path)
    expect(again.log.cursors.list().map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  })
})
