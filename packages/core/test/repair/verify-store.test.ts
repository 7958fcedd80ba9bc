import { renameSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { verifyStore, type StoreVerification, type VerificationProgress } from '../../src/index.js'
import { errorOf, thrownBy } from '../support/errors.js'
import { copyDirectory, flipBit, patchFile, segmentFiles } from '../support/files.js'
import { produce } from '../support/records.js'
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.js'
import { appendSegments, openTestLog, openTestStore, SMALL } from '../support/test-store.js'

/** A closed store with one stream of four segments. Returns how many records it has. */
async function closedStore(directory: TemporaryDirectory): Promise<number> {
  await using opened = await openTestLog(directory.path, SMALL)
  await appendSegments(opened.log, 3)
  return opened.log.endOffset
}

async function verifyStream(root: string): Promise<StoreVerification['streams'][number]> {
  const [stream] = (await verifyStore(root)).streams
  if (stream === undefined) throw new Error('there is one stream')
  return stream
}

describe('verifyStore', () => {
  it('counts what is in a store that was closed, and finds nothing wrong', async () => {
    using directory = temporaryDirectory()
    const records = await closedStore(directory)
    const found = await verifyStore(directory.path)
    const bytes = found.streams[0]?.bytes
    expect(found).toEqual({
      directory: directory.path,
      isSound: true,
      streams: [
        {
          name: 's',
          segments: 4,
          batches: records,
          records,
          bytes,
          startOffset: 0,
          endOffset: records,
          defects: [],
          warnings: [],
          gaps: [],
          evidence: [],
        },
      ],
      defects: [],
      warnings: [],
    })
    expect(bytes).toBeGreaterThan(records * 20_000)
  })

  it('gives a result that survives JSON', async () => {
    using directory = temporaryDirectory()
    await closedStore(directory)
    const [file = ''] = segmentFiles(directory.path, 's')
    flipBit(directory.at('streams/s', file), 5000, 3)
    const found = await verifyStore(directory.path)
    expect(found.isSound).toBe(false)
    expect(JSON.parse(JSON.stringify(found))).toEqual(found)
  })

  it('verifies two hundred streams, and only those that were asked for', async () => {
    using directory = temporaryDirectory()
    const names = Array.from({ length: 200 }, (_, at) => `stream-${String(at).padStart(3, '0')}`)
    {
      await using opened = await openTestStore(directory.path)
      for (const [at, name] of names.entries()) {
        const log = await opened.store.ensure(name, { durability: 'relaxed' })
        for (let count = 0; count < at % 3; count += 1) await log.append({ value: name })
      }
    }
    flipBit(
      directory.at('streams/stream-101', segmentFiles(directory.path, 'stream-101')[0] ?? ''),
      210,
      0,
    )
    const found = await verifyStore(directory.path)
    expect(found.streams.map(({ name }) => name)).toEqual(names)
    expect(found.streams.map(({ records }) => records)).toEqual(
      names.map((name, at) => (name === 'stream-101' ? 1 : at % 3)),
    )
    const damaged = found.streams.filter(({ defects }) => defects.length > 0)
    expect(damaged.map(({ name }) => name)).toEqual(['stream-101'])

    const asked = await verifyStore(directory.path, { streams: ['stream-002', 'stream-001'] })
    expect(asked.streams.map(({ name }) => name)).toEqual(['stream-001', 'stream-002'])
    const error = await errorOf(
      'STREAM_NOT_FOUND',
      verifyStore(directory.path, { streams: ['none'] }),
    )
    expect(error.details).toEqual({ stream: 'none' })
  })

  it('says how far it is, never going back, and arrives', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestStore(directory.path)
      for (const name of ['a', 'b', 'c'])
        await appendSegments(await opened.store.ensure(name, SMALL), 3)
    }
    const progress: VerificationProgress[] = []
    const found = await verifyStore(directory.path, { onProgress: (now) => progress.push(now) })
    const totalBytes = found.streams.reduce((sum, { bytes }) => sum + bytes, 0)
    expect(progress.length).toBeGreaterThan(10)
    const counts = progress.map(({ checkedBytes }) => checkedBytes)
    expect(counts).toEqual([...counts].sort((left, right) => left - right))
    expect(new Set(progress.map((now) => now.totalBytes))).toEqual(new Set([totalBytes]))
    expect(progress.at(-1)).toEqual({ checkedBytes: totalBytes, totalBytes, stream: 'c' })
    expect([...new Set(progress.map(({ stream }) => stream))]).toEqual(['a', 'b', 'c'])
  })

  it('arrives at the end of an empty store, too', async () => {
    using directory = temporaryDirectory()
    await (await openTestStore(directory.path)).store.close()
    const progress: VerificationProgress[] = []
    await verifyStore(directory.path, { onProgress: (now) => progress.push(now) })
    expect(progress).toEqual([{ checkedBytes: 0, totalBytes: 0, stream: '' }])
  })

  it('ends with the reason of its signal', async () => {
    using directory = temporaryDirectory()
    await closedStore(directory)
    const controller = new AbortController()
    const verification = verifyStore(directory.path, {
      signal: controller.signal,
      onProgress: () => {
        controller.abort()
      },
    })
    expect(await thrownBy(verification)).toMatchObject({ name: 'AbortError' })
  })

  it('refuses a directory that is no data directory', async () => {
    using directory = temporaryDirectory()
    await errorOf('STORE_NOT_FOUND', verifyStore(directory.path))
    const error = await errorOf('STORE_NOT_FOUND', verifyStore(directory.at('none')))
    expect(error.message).toMatch(/^there is no directory ".*none"/)
    writeFileSync(directory.at('notes.txt'), 'mine')
    const file = await errorOf('STORE_NOT_FOUND', verifyStore(directory.at('notes.txt')))
    expect(file.message).toMatch(/^there is no directory ".*notes.txt"/)
    await errorOf('STORE_NOT_FOUND', verifyStore(directory.path))
  })

  it('writes nothing and takes no lock', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    await appendSegments(opened.log, 2)
    await opened.storage.quiet()
    const before = opened.storage.operations.length
    expect((await verifyStore(directory.path)).isSound).toBe(true)
    await opened.log.append({ value: 'goes on' })
    expect(opened.storage.operations.length).toBeGreaterThan(before)
  })
})

describe('verifyStore beside a writer', () => {
  it.each(['fsync', 'relaxed'] as const)(
    'calls nothing damage while %s appends, rolls and trims go on',
    async (durability) => {
      using directory = temporaryDirectory()
      await using opened = await openTestLog(directory.path, { ...SMALL, durability })
      const { log } = opened
      let isOver = false
      const writing = (async () => {
        for (let count = 0; !isOver; count += 1) {
          await log.append({ value: new Uint8Array(500 + (count % 7) * 3000).fill(count) })
          if (count % 50 === 49) await log.trim(Math.max(0, log.durableOffset - 20))
          // Relaxed appends never wait: the verification has to have its turn.
          if (durability === 'relaxed') await new Promise((resolve) => setImmediate(resolve))
        }
      })()
      let endOffset = 0
      for (let round = 0; round < 30; round += 1) {
        const found = await verifyStore(directory.path)
        expect(found.streams[0]?.defects).toEqual([])
        expect(found.streams[0]?.tornTail).toBeUndefined()
        expect(found.streams[0]?.endOffset).toBeGreaterThanOrEqual(endOffset)
        endOffset = found.streams[0]?.endOffset ?? 0
      }
      isOver = true
      await writing
      expect(endOffset).toBeGreaterThan(0)
    },
  )

  it('leaves out a stream that is deleted meanwhile', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    for (const name of ['a', 'b']) await appendSegments(await opened.store.ensure(name, SMALL), 2)
    const deletions: Promise<void>[] = []
    const found = await verifyStore(directory.path, {
      onProgress: () => {
        if (deletions.length === 0) deletions.push(opened.store.delete('b'))
      },
    })
    await Promise.all(deletions)
    expect(found.isSound).toBe(true)
    expect(found.streams.map(({ name }) => name)).toContain('a')
  })
})

describe('verifyStore after a crash', () => {
  it('sees a used prepared file as the segment it is', async () => {
    using directory = temporaryDirectory()
    const records = await closedStore(directory)
    const last = segmentFiles(directory.path, 's').at(-1) ?? ''
    const at = (name: string): string => directory.at('streams/s', name)
    renameSync(at(last), at('next-7.prepared'))
    writeFileSync(at('next-8.prepared'), new Uint8Array(64 * 1024))
    const stream = await verifyStream(directory.path)
    expect(stream).toMatchObject({ segments: 4, records, defects: [], warnings: [] })
  })

  it('calls invalid bytes behind the recovery point a torn tail', async () => {
    using directory = temporaryDirectory()
    using copied = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path)
      for (const value of ['a', 'b', 'c']) await opened.log.append({ value })
      copyDirectory(directory.path, copied.path)
    }
    const [file = ''] = segmentFiles(copied.path, 's')
    const path = copied.at('streams/s', file)
    expect(await verifyStream(copied.path)).toMatchObject({ records: 3, defects: [] })
    const torn = produce([{ value: 'half' }]).subarray(0, 60)
    let end = 0
    patchFile(path, (bytes) => {
      end = bytes.length
      while (bytes[end - 1] === 0) end -= 1
      end = Math.ceil(end / 8) * 8
      bytes.set(torn, end)
      return bytes
    })
    const stream = await verifyStream(copied.path)
    expect(stream.defects).toEqual([])
    expect(stream.tornTail).toMatchObject({ segment: file, positionBytes: end, endOffset: 3 })
    expect(stream.tornTail?.message).toMatch(/^torn tail, will be cut at the next opening: /)
    // The opening agrees.
    await using reopened = await openTestLog(copied.path)
    expect(reopened.log.recovery.tornTail).toMatchObject({
      atPosition: end,
      truncatedBytes: stream.tornTail?.lengthBytes,
    })
    expect((await verifyStream(copied.path)).evidence).toHaveLength(1)
  })

  it('counts a segment that never reached the disk into the torn tail', async () => {
    using directory = temporaryDirectory()
    const records = await closedStore(directory)
    const fresh = directory.at('streams/s', `${String(records).padStart(20, '0')}.log`)
    writeFileSync(fresh, new Uint8Array(64 * 1024))
    const stream = await verifyStream(directory.path)
    expect(stream).toMatchObject({ segments: 4, records, defects: [] })
    expect(stream.tornTail).toMatchObject({ lengthBytes: 64 * 1024, endOffset: records })
  })
})
