/** What the writer does for readers in other processes, without knowing of them. */

import { readRecoveryPoint } from '@tailrace/format'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

import { openStoreReadOnly } from '../../src/index.js'
import { filesOf, flipBit, patchFile } from '../support/files.js'
import { offsetsOf, produce } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'
import { appendSegments, openTestLog, SMALL, STREAM } from '../support/test-store.js'

const FIRST = '00000000000000000000.log'

describe('the recovery point', () => {
  it('is written once for one state, also when a log is opened and closed again and again', async () => {
    using root = temporaryDirectory()
    const path = root.at('streams', STREAM, FIRST)
    const generation = (): number | undefined =>
      readRecoveryPoint(new Uint8Array(readFileSync(path)))?.generation
    const writer = await openTestLog(root.path)
    await writer.log.append({ value: 'x' })
    await writer.store.close()
    const written = generation()
    for (let count = 0; count < 3; count += 1) {
      const again = await openTestLog(root.path)
      await again.store.close()
    }
    expect(generation()).toBe(written)
  })
})

describe('a sealed segment whose index is gone', () => {
  it('is not cut at damage: what lies behind is durable', async () => {
    using root = temporaryDirectory()
    const writer = await openTestLog(root.path, SMALL)
    await appendSegments(writer.log, 3, 10_000)
    await writer.store.close()
    const path = root.at('streams', STREAM, FIRST)
    const sizeBytes = statSync(path).size
    rmSync(path.replace('.log', '.index'))
    // The header of the second batch, then a whole page of zeros.
    for (const damage of [
      () => flipBit(path, 128 + 10_080 + 40, 0),
      () => patchFile(path, (bytes) => void bytes.fill(0, 20_480, 24_576)),
    ]) {
      damage()
      await using reopened = await openTestLog(root.path)
      await reopened.log.applyRetention()
      await reopened.storage.quiet()
      expect(statSync(path).size).toBe(sizeBytes)
    }
  })
})

describe('a segment of which recovery took something back', () => {
  it('is not cut below what a reader may have been shown, also two recoveries later', async () => {
    using root = temporaryDirectory()
    const path = root.at('streams', STREAM, FIRST)
    const first = await openTestLog(root.path, { ...SMALL, durability: 'relaxed' })
    await first.log.append({ value: 'stays' })
    await first.log.flush()
    first.storage.interfere = ({ kind }) =>
      kind === 'sync' ? new Promise(() => undefined) : undefined
    for (let count = 0; count < 4; count += 1) {
      first.log.appendBatch(produce([{ value: new Uint8Array(12_000).fill(count + 1) }]))
    }
    // What a follower was shown, and holds on to.
    await using readOnly = await openStoreReadOnly(root.path)
    const followed = await readOnly.open(STREAM)
    const run = followed.reader(0).next(1024 * 1024)
    const shownEnd = 128 + (run?.bytes.length ?? 0)
    expect(shownEnd).toBeGreaterThan(48_000)
    patchFile(path, (bytes) => {
      bytes[200 + 100] = 0xff
      return undefined
    })
    // Recovery cuts all four: the first of them is damaged.
    const second = await openTestLog(root.path)
    expect(second.log.endOffset).toBe(1)
    expect(filesOf(root.path, STREAM).some((name) => name.endsWith('.torn'))).toBe(true)
    // Killed again; nothing is left to cut, only the evidence tells.
    await using third = await openTestLog(root.path)
    await third.log.append({ value: 'small' })
    await third.log.append({ value: new Uint8Array(65_300) })
    await third.log.flush()
    await third.log.applyRetention()
    await third.storage.quiet()
    const { size } = statSync(path)
    expect(size).toBeLessThan(64 * 1024)
    expect(size).toBeGreaterThanOrEqual(shownEnd + 8)
    // Every byte that was shown can still be touched. It is no longer what it was.
    expect(run?.bytes.every((byte) => byte >= 0)).toBe(true)
    await readOnly.close()
    await using again = await openStoreReadOnly(root.path)
    expect(await offsetsOf(await again.open(STREAM))).toEqual([0, 1, 2])
  })
})
