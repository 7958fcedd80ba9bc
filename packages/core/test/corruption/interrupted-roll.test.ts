/** Segments that a process left under the name they were prepared with. */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { segmentFileName } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { copyDirectory, filesOf, segmentFiles, streamDirectory } from '../support/files.js'
import { Gate } from '../support/observed-storage.js'
import { offsetsOf, range, sized, valuesOf } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'
import { appendSegments, openTestLog, SMALL, STREAM } from '../support/test-store.js'

const RELAXED = { ...SMALL, durability: 'relaxed' } as const

function preparedFiles(root: string): string[] {
  return filesOf(root, STREAM).filter((name) => name.includes('prepared'))
}

describe('a segment under its prepared name', () => {
  it('is found with its batches when a kill came before it was named', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.at('first'), RELAXED)
    const { log, storage } = opened
    const gate = new Gate()
    storage.interfere = async ({ kind, path }) => {
      if (kind === 'rename' && path.endsWith('.prepared')) await gate.pass()
    }
    await appendSegments(log, 1)
    await gate.reached
    const copy = copyDirectory(directory.at('first'), directory.at('second'))
    gate.open()
    expect(preparedFiles(copy).length).toBeGreaterThan(0)
    await using again = await openTestLog(copy)
    expect(await offsetsOf(again.log)).toEqual(range(0, log.endOffset))
    expect(preparedFiles(copy)).toEqual([])
    await appendSegments(again.log, 1)
  })

  it('is found when two rolls came before either was named', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.at('first'), RELAXED)
    const { log, storage } = opened
    const gate = new Gate()
    storage.interfere = async ({ kind, path }) => {
      if (kind === 'rename' && path.endsWith('.prepared')) await gate.pass()
    }
    await appendSegments(log, 2)
    const copy = copyDirectory(directory.at('first'), directory.at('second'))
    gate.open()
    expect(preparedFiles(copy).length).toBeGreaterThan(1)
    await log.flush()
    await storage.quiet()
    expect(segmentFiles(directory.at('first'), STREAM).length).toBe(3)
    await using again = await openTestLog(copy)
    expect(segmentFiles(copy, STREAM).length).toBe(3)
    expect(await offsetsOf(again.log)).toEqual(range(0, log.endOffset))
  })

  it('takes the place of the empty segment that was too small for its first batch', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.at('first'), RELAXED)
    const { log, storage } = opened
    const gate = new Gate()
    storage.interfere = async ({ kind, path }) => {
      if (kind === 'rename' && path.endsWith('.prepared')) await gate.pass()
    }
    // Acknowledged: a relaxed stream loses nothing when its process ends.
    await log.append({ value: sized(1, 100_000) })
    await gate.reached
    const copy = copyDirectory(directory.at('first'), directory.at('second'))
    gate.open()
    expect(existsSync(join(streamDirectory(copy, STREAM), segmentFileName(0)))).toBe(true)
    await using again = await openTestLog(copy)
    expect(again.log.endOffset).toBe(1)
    expect(await offsetsOf(again.log)).toEqual([0])
    await again.log.append({ value: 'next' })
    expect(again.log.endOffset).toBe(2)
  })

  it('goes when nothing was written to it yet', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.at('first'), RELAXED)
    const { log, storage } = opened
    await log.makeRoom(100_000)
    await log.append({ value: 'kept' })
    await storage.quiet()
    const copy = copyDirectory(directory.at('first'), directory.at('second'))
    expect(preparedFiles(copy).length).toBe(1)
    await using again = await openTestLog(copy)
    expect(preparedFiles(copy)).toEqual([])
    expect(await valuesOf(again.log)).toEqual(['kept'])
    expect(again.log.recovery.tornTail).toBeUndefined()
  })

  it.each([
    ['empty', new Uint8Array(0)],
    ['garbage', new Uint8Array(5000).fill(0x77)],
    ['half a header', new Uint8Array(50)],
  ])('goes when it is %s', async (_, content) => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path)
      await opened.log.append({ value: 'kept' })
    }
    writeFileSync(join(streamDirectory(directory.path, STREAM), 'next-9.prepared'), content)
    await using opened = await openTestLog(directory.path)
    expect(preparedFiles(directory.path)).toEqual([])
    expect(await valuesOf(opened.log)).toEqual(['kept'])
  })

  it('is put aside, not removed, when another segment with batches has its name', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path)
      await opened.log.append({ value: 'kept' })
    }
    const stream = streamDirectory(directory.path, STREAM)
    const content = readFileSync(join(stream, segmentFileName(0)))
    writeFileSync(join(stream, 'next-1.prepared'), content)
    await using opened = await openTestLog(directory.path)
    expect(await valuesOf(opened.log)).toEqual(['kept'])
    expect(readFileSync(join(stream, 'next-1.prepared.torn')).equals(content)).toBe(true)
  })

  it('can be the only one there is', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path)
      await opened.log.append({ value: 'kept' })
    }
    const stream = streamDirectory(directory.path, STREAM)
    renameSync(join(stream, segmentFileName(0)), join(stream, 'next-1.prepared'))
    await using opened = await openTestLog(directory.path)
    expect(await valuesOf(opened.log)).toEqual(['kept'])
  })
})
