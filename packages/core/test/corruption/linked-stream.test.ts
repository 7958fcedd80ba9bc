/**
 * A stream's directory that is a symbolic link, to a directory elsewhere or to a disk that is not mounted:
 * refused by whoever would write there, and never passed over.
 */

import { existsSync, lstatSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { repairStream, verifyStore } from '../../src/index.js'
import { errorOf } from '../support/errors.js'
import { filesOf } from '../support/files.js'
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.js'
import { openTestLog, openTestStore, STREAM } from '../support/test-store.js'

/** A store whose only stream was moved elsewhere; returns the link that is in its place. */
async function moved(directory: TemporaryDirectory, isThere: boolean): Promise<string> {
  const root = directory.at('store')
  {
    await using opened = await openTestLog(root)
    await opened.log.append({ value: 'kept' })
  }
  const link = directory.at('store', 'streams', STREAM)
  renameSync(link, directory.at('elsewhere'))
  symlinkSync(directory.at('elsewhere'), link)
  if (!isThere) renameSync(directory.at('elsewhere'), directory.at('unmounted'))
  return link
}

const CASES = [
  ['another directory', true],
  ['nowhere at the moment', false],
] as const

describe.each(CASES)('a stream whose directory is a link to %s', (_, isThere) => {
  it('is listed, refused by name, and not made anew', async () => {
    using directory = temporaryDirectory()
    const link = await moved(directory, isThere)
    await using opened = await openTestStore(directory.at('store'))
    const { store } = opened
    expect(store.list()).toEqual([STREAM])
    expect(store.has(STREAM)).toBe(true)
    for (const attempt of [() => store.open(STREAM), () => store.ensure(STREAM)]) {
      const error = await errorOf('STREAM_CORRUPT', attempt())
      expect(error.message).toMatch(/^stream "s" cannot be opened: "streams\/s" is a symbolic link/)
      expect(error.details).toEqual({ stream: STREAM })
    }
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
  })

  it('is a defect of the data directory, and no repair touches what it leads to', async () => {
    using directory = temporaryDirectory()
    await moved(directory, isThere)
    const root = directory.at('store')
    const found = await verifyStore(root)
    expect(found.isSound).toBe(false)
    expect(found.defects).toMatchObject([
      {
        segment: 'streams/s',
        code: 'UNREADABLE',
        message: expect.stringMatching(/is a symbolic link/) as string,
      },
    ])
    expect(found.warnings).toEqual([])
    // What it leads to is looked at all the same.
    expect(found.streams.map(({ records }) => records)).toEqual(isThere ? [1] : [])
    for (const apply of [false, true]) {
      await errorOf('STREAM_CORRUPT', repairStream(root, STREAM, { apply }))
    }
  })

  it('can be deleted: the link goes, not what it leads to, and the name is free', async () => {
    using directory = temporaryDirectory()
    const link = await moved(directory, isThere)
    const target = directory.at(isThere ? 'elsewhere' : 'unmounted')
    await using opened = await openTestStore(directory.at('store'))
    await opened.store.delete(STREAM)
    expect(existsSync(link)).toBe(false)
    expect(existsSync(`${target}/stream.meta`)).toBe(true)
    const anew = await opened.store.ensure(STREAM)
    expect(anew.endOffset).toBe(0)
    await anew.append({ value: 'new' })
  })
})

describe('a data directory', () => {
  it('may itself be a link: its lock is behind it, too', async () => {
    using directory = temporaryDirectory()
    await using first = await openTestLog(directory.at('real'))
    symlinkSync(directory.at('real'), directory.at('link'))
    await first.log.append({ value: 'one' })
    await first.store.close()
    await using opened = await openTestStore(directory.at('link'))
    expect((await opened.store.open(STREAM)).endOffset).toBe(1)
    expect(filesOf(directory.at('real'), STREAM)).toContain('stream.meta')
    rmSync(directory.at('link'))
  })
})
