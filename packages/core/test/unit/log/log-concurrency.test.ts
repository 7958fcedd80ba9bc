/** What happens at the same time, and at the very edge of a segment. */

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { END_MARKER_BYTES, SEGMENT_HEADER_BYTES, TailraceError } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import type { Log } from '../../../src/index.js'
import { copyDirectory, segmentBytes, segmentFiles, streamDirectory } from '../../support/files.js'
import { randomIntegers, runSeed } from '../../support/random.js'
import { offsetsOf, produce, range, textOf, valuesOf } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'
import {
  appendSegments,
  openTestLog,
  openTestStore,
  SMALL,
  STREAM,
} from '../../support/test-store.js'

const SEGMENT_BYTES = 64 * 1024
const BATCH_OVERHEAD = 72 + 4

/** A record whose batch is exactly this long. */
function recordOfBatch(batchLength: number): { value: Uint8Array } {
  const record = { value: new Uint8Array(batchLength - BATCH_OVERHEAD).fill(batchLength % 251) }
  expect(produce([record]).length).toBe(batchLength)
  return record
}

describe('the end of a segment', () => {
  it.each([
    ['to the last byte', 0, 1],
    ['by one word too many', 8, 2],
    ['with one word to spare', -8, 1],
  ])('is met %s', async (_, surplus, segmentCount) => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path, SMALL)
      const { log } = opened
      const first = recordOfBatch(30_000)
      const rest = SEGMENT_BYTES - SEGMENT_HEADER_BYTES - 30_000 - END_MARKER_BYTES
      await log.append(first)
      await log.append(recordOfBatch(rest + surplus))
      expect(log.describe().segmentCount).toBe(segmentCount)
      expect(await offsetsOf(log)).toEqual([0, 1])
      await log.append({ value: 'next' })
      expect(await offsetsOf(log)).toEqual([0, 1, 2])
    }
    await using opened = await openTestLog(directory.path, SMALL)
    expect(opened.log.recovery.tornTail).toBeUndefined()
    expect(await offsetsOf(opened.log)).toEqual([0, 1, 2])
    await opened.log.append({ value: 'more' })
    expect((await valuesOf(opened.log)).slice(2)).toEqual(['next', 'more'])
  })

  it('full to the last byte, survives a kill before and after the next append', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.at('alive'), SMALL)
    const { log, storage } = opened
    await log.append(recordOfBatch(SEGMENT_BYTES - SEGMENT_HEADER_BYTES - END_MARKER_BYTES))
    await storage.quiet()
    for (const [at, count] of [1, 2].entries()) {
      const copy = copyDirectory(directory.at('alive'), directory.at(String(at)))
      await using again = await openTestLog(copy, SMALL)
      expect(await offsetsOf(again.log)).toEqual(range(0, count))
      await again.log.append({ value: 'x' })
      expect(await offsetsOf(again.log)).toEqual(range(0, count + 1))
      await log.append({ value: 'next' })
      await storage.quiet()
    }
  })

  it('is cut off behind the data once the segment is sealed', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log, storage } = opened
    await appendSegments(log, 3)
    await log.flush()
    await storage.quiet()
    const sealed = segmentFiles(directory.path, STREAM).slice(0, -1)
    for (const name of sealed) {
      const { size } = statSync(join(streamDirectory(directory.path, STREAM), name))
      expect(size).toBeLessThan(SEGMENT_BYTES)
      expect(size % 8).toBe(0)
    }
    expect(log.describe().sizeBytes).toBe(segmentBytes(directory.path, STREAM))
  })

  it('moves up: segments double from 64 KiB to the configured size', async () => {
    using directory = temporaryDirectory()
    const config = { durability: 'relaxed', segmentBytesMax: '256KiB' } as const
    await using opened = await openTestLog(directory.path, config)
    const { log, storage } = opened
    for (let at = 0; at < 40; at += 1) await log.append({ value: new Uint8Array(32_000) })
    await log.flush()
    await storage.quiet()
    const sizes = segmentFiles(directory.path, STREAM)
      .map((name) => statSync(join(streamDirectory(directory.path, STREAM), name)).size)
      .map((size) => Math.ceil(size / 65_536) * 64)
    expect(sizes.slice(0, 4)).toEqual([64, 128, 256, 256])
  })
})

describe('a stream of which only given-up records are left', () => {
  it.each([
    ['all in the active segment', 3, 0],
    ['all in sealed segments and the active one', 1, 3],
  ])('opens at its end (%s)', async (_, small, rolls) => {
    using directory = temporaryDirectory()
    let end
    {
      await using opened = await openTestLog(directory.path, SMALL)
      const { log } = opened
      for (let at = 0; at < small; at += 1) await log.append({ value: 'x' })
      await appendSegments(log, rolls)
      end = log.endOffset
      await log.trim(end)
    }
    await using opened = await openTestLog(directory.path, SMALL)
    const { log } = opened
    expect(log.describe()).toMatchObject({ startOffset: end, endOffset: end, segmentCount: 1 })
    expect(await offsetsOf(log)).toEqual([])
    expect((await log.append({ value: 'next' })).baseOffset).toBe(end)
    expect(await valuesOf(log)).toEqual(['next'])
    expect(log.offsetForTimestamp(0)).toBe(end)
  })
})

/** Reads from wherever the log begins, on and on, until it is closed. Fails on a step that is not said. */
async function readAlong(log: Log, random: (end: number) => number): Promise<number> {
  let next = log.resolveOffset('first')
  let gapCount = 0
  for (;;) {
    try {
      for await (const { offset, value } of log.read({ from: next, follow: true })) {
        expect(offset).toBe(next)
        expect(textOf(value.subarray(0, 12)).startsWith(`${String(offset)} `)).toBe(true)
        next = offset + 1
        if (random(50) === 0) await new Promise((resolve) => setImmediate(resolve))
      }
    } catch (error) {
      if (!TailraceError.is(error)) throw error
      if (error.code === 'STREAM_CLOSED') return gapCount
      expect(error.code).toBe('OFFSET_OUT_OF_RANGE')
      const start = Number(error.details['startOffset'])
      expect(start).toBeGreaterThan(next)
      next = start
      gapCount += 1
    }
  }
}

describe('everything at once', () => {
  it.each(['fsync', 'relaxed'] as const)(
    'appends, readers, trimming and retention never see the other half way (%s)',
    async (durability) => {
      using directory = temporaryDirectory()
      const config = { ...SMALL, durability, retention: { maxBytes: '256KiB' } }
      const options = { mappedBytesMax: 100_000, activeMappingsMax: 1 }
      await using opened = await openTestStore(directory.path, options)
      const { store, backgroundErrors } = opened
      const random = randomIntegers(runSeed())
      const log = await store.ensure(STREAM, config)
      // Another stream takes the one active mapping that is allowed, again and again.
      const rival = await store.ensure('rival', config)
      const readers = range(0, 4).map(() => readAlong(log, random))
      let planned = 0
      for (let round = 0; round < 60; round += 1) {
        const appends = range(0, 1 + random(8)).map(() => {
          const count = 1 + random(4)
          const records = range(planned, planned + count).map((offset) => {
            const value = new Uint8Array(20 + random(9000))
            value.set(new TextEncoder().encode(`${String(offset)} `))
            return { value }
          })
          planned += count
          return log.append(records)
        })
        const jobs = [
          rival.append({ value: new Uint8Array(random(30_000)) }),
          random(3) === 0 ? log.trim(Math.min(log.durableOffset, log.startOffset + random(20))) : 0,
          random(3) === 0 ? log.applyRetention() : 0,
          random(4) === 0 ? log.flush() : 0,
        ]
        await Promise.all([...appends, ...jobs])
        log.resolveOffset({ last: random(30) })
        log.offsetForTimestamp(random(2) === 0 ? 0 : Number.MAX_SAFE_INTEGER)
      }
      await log.flush()
      expect(log.endOffset).toBe(planned)
      expect(await offsetsOf(log)).toEqual(range(log.startOffset, planned))
      await store.close()
      await Promise.all(readers)
      expect(backgroundErrors).toEqual([])
    },
  )

  it('keeps the order of calls for one caller, whatever each append has to wait for', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log } = opened
    const random = randomIntegers(runSeed())
    const results = range(0, 200).map(async (at) => {
      const { baseOffset } = await log.append({
        value: new Uint8Array(random(3) * 40_000).fill(at),
      })
      return baseOffset
    })
    expect(await Promise.all(results)).toEqual(range(0, 200))
  })
})
