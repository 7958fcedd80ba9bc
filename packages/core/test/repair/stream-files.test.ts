/** The files of a stream while a writer rolls: what happens between two looks is made to happen there. */

import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { SEGMENT_HEADER_BYTES } from '@tailrace/format'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DiskSource } from '../../src/repair/disk-source.js'
import type { FileSource } from '../../src/repair/file-source.js'
import { streamFiles } from '../../src/repair/stream-files.js'
import { copyDirectory, segmentFiles } from '../support/files.js'
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.js'
import { appendSegments, openTestLog, SMALL } from '../support/test-store.js'

const STREAM = 'streams/s'

/** What a writer does at a moment of the inspection. */
interface Moments {
  /** The names were read from the directory, the size of each is about to be asked for. */
  readonly onNamed?: () => void
  /** The directory was listed. */
  readonly onListed?: () => void
  /** A file was opened and read. */
  readonly onClose?: () => void
}

/** A disk on which a writer is at work. */
function busySource(root: string, { onNamed, onListed, onClose }: Moments): FileSource {
  const disk = new DiskSource(root)
  return {
    readFile: (path) => disk.readFile(path),
    async list(directory) {
      const entries = await disk.list(directory)
      onNamed?.()
      const present = new Set((await disk.list(directory))?.map(({ name }) => name))
      onListed?.()
      // The first put to use first: the order in which one that is put to use meanwhile is missed.
      return entries
        ?.filter(({ name }) => present.has(name))
        .sort((left, right) => left.name.localeCompare(right.name, 'en', { numeric: true }))
    },
    async open(path) {
      const file = await disk.open(path)
      if (file === undefined) return undefined
      return {
        sizeBytes: file.sizeBytes,
        unreadableBytes: file.unreadableBytes,
        read: (target, position) => file.read(target, position),
        async close() {
          await file.close()
          onClose?.()
        },
      }
    },
  }
}

/** Does it when first called. */
function once(action: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    action()
  }
}

describe('streamFiles beside a roll', () => {
  let filled: TemporaryDirectory
  let names: readonly string[]

  beforeAll(async () => {
    filled = temporaryDirectory()
    await using opened = await openTestLog(filled.path, SMALL)
    await appendSegments(opened.log, 3)
    names = segmentFiles(filled.path, 's')
  })
  afterAll(() => {
    filled[Symbol.dispose]()
  })

  async function segmentsIn(root: string, moments: Moments): Promise<string[]> {
    const files = await streamFiles(busySource(root, moments), STREAM, undefined)
    return files?.segments.map(({ fileName }) => fileName) ?? []
  }

  it.each(['onNamed', 'onListed'] as const)(
    'misses no segment that gets its name at the moment %s',
    async (moment) => {
      using directory = temporaryDirectory()
      copyDirectory(filled.path, directory.path)
      const prepared = directory.at(STREAM, 'next-7.prepared')
      const named = directory.at(STREAM, names.at(-1) ?? '')
      renameSync(named, prepared)
      const giveName = once(() => {
        renameSync(prepared, named)
      })
      expect(await segmentsIn(directory.path, { [moment]: giveName })).toEqual(names)
    },
  )

  it('finds no prepared file in use without the one that was put to use before', async () => {
    using directory = temporaryDirectory()
    copyDirectory(filled.path, directory.path)
    const inTurn = ['next-9.prepared', 'next-10.prepared'].map((name, at) => {
      const prepared = directory.at(STREAM, name)
      const segment = directory.at(STREAM, names.at(at - 2) ?? '')
      const content = readFileSync(segment)
      renameSync(segment, prepared)
      writeFileSync(prepared, new Uint8Array(content.length))
      return { prepared, content }
    })
    const rollTwice = once(() => {
      for (const { prepared, content } of inTurn) writeFileSync(prepared, content)
    })
    const found = await segmentsIn(directory.path, { onClose: rollTwice })
    expect(found).toEqual(names.slice(0, -1))
  })

  it('takes a prepared file in use for the segment whose place it is to take', async () => {
    using directory = temporaryDirectory()
    copyDirectory(filled.path, directory.path)
    const name = names.at(-1) ?? ''
    const segment = directory.at(STREAM, name)
    const content = readFileSync(segment)
    writeFileSync(directory.at(STREAM, 'next-7.prepared'), content)
    const placeOf = async (): Promise<unknown> => {
      const files = await streamFiles(new DiskSource(directory.path), STREAM, undefined)
      expect(files?.segments.map(({ fileName }) => fileName)).toEqual(names)
      return files?.segments.at(-1)?.nameNow
    }
    expect(await placeOf()).toBe(name)
    // Nothing but its header, as when the first batch was too large for it.
    writeFileSync(segment, content.fill(0, SEGMENT_HEADER_BYTES))
    expect(await placeOf()).toBe('next-7.prepared')
  })
})
