/** What a follower is shown: in `fsync` streams what is durable, in `relaxed` ones what is there whole. */

import { writeRecoveryPoint, readRecoveryPoint } from '@tailrace/format'
import { describe, expect, it } from 'vitest'

import { MappedStorage, openStoreReadOnly, type StorageFile } from '../../src/index.js'
import { MappedReadOnlyStorage } from '../../src/storage/mapped-read-only-storage.js'
import { Gate } from '../support/observed-storage.js'
import { offsetsOf, produce, valuesOf } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'
import { appendSegments, openTestLog, SMALL, STREAM } from '../support/test-store.js'
import { follow, openFollowedLog } from './support/followed-log.js'

const FIRST = `streams/${STREAM}/00000000000000000000.log`

/** The first segment as a writer would map it. */
function firstSegment(root: string): StorageFile {
  return new MappedStorage(root).open(FIRST, 'write')
}

describe('a follower of an fsync stream', () => {
  it('is shown a record when it is durable, not when it is appended', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path)
    const { writer, followed } = all
    const gate = new Gate()
    writer.storage.interfere = ({ kind }) => (kind === 'sync' ? gate.pass() : undefined)
    const appended = writer.log.append({ value: 'not yet' })
    await gate.reached
    expect(writer.log.endOffset).toBe(1)
    expect(followed.refresh()).toBe(false)
    expect(followed.visibleOffset).toBe(0)
    expect(await valuesOf(followed)).toEqual([])
    gate.open()
    await appended
    expect(followed.refresh()).toBe(true)
    expect(await valuesOf(followed)).toEqual(['not yet'])
  })

  it('is never shown what a sync that failed was to make durable', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path)
    const { writer, followed } = all
    await writer.log.append({ value: 'durable' })
    writer.storage.interfere = ({ kind }) => {
      if (kind === 'sync') throw new Error('the disk is gone')
    }
    await expect(writer.log.append({ value: 'lost' })).rejects.toMatchObject({
      code: 'STREAM_POISONED',
    })
    expect(await valuesOf(followed)).toEqual(['durable'])
    writer.storage.interfere = () => undefined
  })

  it('is shown all that was durable before the roll, while the next sync is still under way', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path, SMALL)
    const { writer, followed } = all
    const first = new Gate()
    const second = new Gate()
    const gates = [first, second]
    writer.storage.interfere = ({ kind }) => (kind === 'sync' ? gates.shift()?.pass() : undefined)
    const value = new Uint8Array(40_000)
    const appended = writer.log.append({ value })
    await first.reached
    // The segment is rolled during the sync that makes its only batch durable.
    await writer.log.makeRoom(50_000)
    const behind = writer.log.append({ value })
    expect(writer.log.describe().segmentCount).toBe(2)
    first.open()
    await appended
    await second.reached
    expect(writer.log.durableOffset).toBe(1)
    followed.refresh()
    expect(followed.visibleOffset).toBe(1)
    second.open()
    await behind
    followed.refresh()
    expect(followed.visibleOffset).toBe(2)
    expect(await offsetsOf(followed)).toEqual([0, 1])
  })

  it('is shown what recovery found, before anything else is appended', async () => {
    using root = temporaryDirectory()
    const writer = await openTestLog(root.path)
    await writer.log.append({ value: 'durable' })
    // Killed between the store and the sync: the bytes are in the page cache, and no more.
    writer.storage.interfere = ({ kind }) =>
      kind === 'sync' ? new Promise(() => undefined) : undefined
    writer.log.appendBatch(produce([{ value: 'found' }]))
    await using readOnly = await openStoreReadOnly(root.path)
    const followed = await readOnly.open(STREAM)
    expect(await valuesOf(followed)).toEqual(['durable'])
    await using reopened = await openTestLog(root.path)
    expect(reopened.log.durableOffset).toBe(2)
    expect(await valuesOf(followed)).toEqual(['durable', 'found'])
  })

  it('does not believe a recovery point that is half written', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path)
    const { writer, followed } = all
    await writer.log.append({ value: 'a' })
    await writer.log.append({ value: 'b' })
    const { bytes } = firstSegment(root.path)
    const point = readRecoveryPoint(bytes)
    if (point === undefined) throw new Error('there is a point after a commit')
    const slot = point.generation % 2 === 0 ? 1 : 0
    const header = bytes.slice(0, 128)
    const ahead = header.slice()
    const generation = point.generation + 1
    writeRecoveryPoint(ahead, slot, { ...point, durableOffset: 1000, generation })
    // Every prefix of the slot as it is being stored, up to the last byte of its check.
    const start = 64 + slot * 32
    for (let length = 1; length < 32; length += 1) {
      bytes.set(ahead.subarray(start, start + length), start)
      followed.refresh()
      expect(followed.visibleOffset).toBe(2)
    }
    bytes.set(header, 0)
  })
})

describe('a follower of a relaxed stream', () => {
  it('is shown a record as soon as it is appended', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path, { durability: 'relaxed' })
    const { writer, followed } = all
    writer.storage.interfere = ({ kind }) =>
      kind === 'sync' ? new Promise(() => undefined) : undefined
    await writer.log.append({ value: 'at once' })
    expect(writer.log.durableOffset).toBe(0)
    expect(await valuesOf(followed)).toEqual(['at once'])
    expect(followed.describe()).toMatchObject({ durableOffset: 0, visibleOffset: 1 })
    writer.storage.interfere = () => undefined
  })

  it('is not shown a batch in any order in which it may arrive in memory', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path, { durability: 'relaxed' })
    const { writer, followed } = all
    await writer.log.append({ value: 'whole' })
    const { bytes } = firstSegment(root.path)
    const length = new DataView(bytes.buffer).getUint32(128 + 4, true)
    const position = 128 + length
    await writer.log.append({ value: 'half' })
    const batch = bytes.slice(position, position + length)
    // A word that is not there yet, whichever it is, hides the batch.
    for (let at = 0; at < length; at += 4) {
      const word = batch.subarray(at, at + 4)
      if (word.every((byte) => byte === 0)) continue
      bytes.fill(0, position + at, position + at + 4)
      await using other = await openStoreReadOnly(root.path)
      expect(await valuesOf(await other.open(STREAM)), `without the word at ${at}`).toEqual([
        'whole',
      ])
      bytes.set(batch, position)
    }
    expect(await valuesOf(followed)).toEqual(['whole', 'half'])
  })
})

describe('a follower of a writer that never pauses', () => {
  it('lets its own process go on between two looks', async () => {
    using root = temporaryDirectory()
    await using writer = await openTestLog(root.path, { durability: 'relaxed' })
    await writer.log.append({ value: 'first' })
    const inner = new MappedReadOnlyStorage(root.path)
    const batch = produce([{ value: 'one more' }])
    let isRunning = false
    await using readOnly = await openStoreReadOnly(root.path, {
      storage: {
        names: (directory) => inner.names(directory),
        readFile: (path) => inner.readFile(path),
        open: (path) => inner.open(path),
        // Whenever the follower looks, the writer has just appended again.
        stat(path) {
          if (isRunning && writer.log.hasRoomFor(batch.length)) writer.log.appendBatch(batch)
          return inner.stat(path)
        },
      },
    })
    const followed = await readOnly.open(STREAM)
    isRunning = true
    let turns = 0
    const turn = (): void => {
      turns += 1
      if (isRunning) setImmediate(turn)
    }
    setImmediate(turn)
    let count = 0
    for await (const _ of followed.read({ from: 'first', follow: true })) {
      count += 1
      if (count === 100) break
    }
    isRunning = false
    expect(turns).toBeGreaterThan(10)
  })
})

describe.each(['fsync', 'relaxed'] as const)('following live, %s', (durability) => {
  it('goes through rolls, in order and without a gap', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path, { ...SMALL, durability })
    const { writer, followed } = all
    const until = 400
    const records = follow(followed, 'first', until)
    for (let offset = 0; offset < until; offset += 1) {
      await writer.log.append({ value: `${offset} `.padEnd(1 + ((offset * 797) % 3000), '.') })
    }
    const followedOffsets = (await records).map(({ offset }) => offset)
    expect(followedOffsets).toEqual(Array.from({ length: until }, (_, offset) => offset))
    expect(writer.log.describe().segmentCount).toBeGreaterThan(5)
    expect(followed.describe().segmentCount).toBe(writer.log.describe().segmentCount)
  })

  it('finds the larger file that takes the place of an empty segment', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path, { durability })
    const { writer, followed } = all
    const records = follow(followed, 'first', 2)
    await writer.log.append({ value: new Uint8Array(200_000).fill(7) })
    await writer.log.append({ value: 'behind' })
    expect((await records).map(({ value }) => value.length)).toEqual([200_000, 6])
  })

  it('waits for a segment that has no name yet', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path, { ...SMALL, durability })
    const { writer, followed } = all
    await writer.log.append({ value: new Uint8Array(40_000) })
    const gate = new Gate()
    writer.storage.interfere = ({ kind, path }) =>
      kind === 'rename' && path.endsWith('.prepared') ? gate.pass() : undefined
    const behind = writer.log.append({ value: new Uint8Array(40_000) })
    await gate.reached
    followed.refresh()
    expect(followed.visibleOffset).toBe(1)
    gate.open()
    await behind
    await writer.storage.quiet()
    followed.refresh()
    expect(followed.visibleOffset).toBe(2)
  })

  it('reads a log that was written before, and each segment when it is wanted', async () => {
    using root = temporaryDirectory()
    await using writer = await openTestLog(root.path, { ...SMALL, durability })
    await appendSegments(writer.log, 5)
    await writer.log.flush()
    await using readOnly = await openStoreReadOnly(root.path, { mappedBytesMax: 100_000 })
    const followed = await readOnly.open(STREAM)
    const { endOffset } = writer.log
    expect(await offsetsOf(followed)).toEqual(Array.from({ length: endOffset }, (_, at) => at))
    for (const from of [0, 1, endOffset - 1]) {
      expect((await offsetsOf(followed, { from }))[0]).toBe(from)
    }
    expect(await offsetsOf(followed, { from: { last: 3 } })).toHaveLength(3)
  })
})
