/**
 * The snapshot of producers of a stream whose first segments were removed: what it knew of their producers
 * is nowhere else. That it is not there, or is one from before, has to be said; without it a resend would be
 * stored twice, and nobody would know.
 */

import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repairStream, verifyStore, type Log, type RecoveryReport } from '../../src/index.js'
import { copyDirectory, streamDirectory } from '../support/files.js'
import { produce } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'
import { appendSegments, openTestLog, openTestStore, SMALL, STREAM } from '../support/test-store.js'

const FILE = 'producers.snapshot'
const snapshotOf = (root: string): string => join(streamDirectory(root, STREAM), FILE)

/** Appends one batch of the producer `p`; its sequence is 0. */
function appendProduced(log: Log): { readonly isDuplicate: boolean } {
  const { producerId, producerEpoch } = log.openProducer({ name: 'p' })
  return log.appendBatch(produce([{ value: 'once' }], { producerId, producerEpoch }))
}

/** A stream whose only produced batch was removed with its segment; returns where it begins. */
async function trimmed(root: string, before: string): Promise<number> {
  await using opened = await openTestLog(root, SMALL)
  const { log, store } = opened
  appendProduced(log)
  await appendSegments(log, 2)
  await log.flush()
  await log.applyRetention()
  cpSync(snapshotOf(root), before)
  await appendSegments(log, 2)
  const startOffset = await log.trim(log.durableOffset - 1)
  await store.close()
  return startOffset
}

interface Loss {
  readonly name: string
  readonly damage: (snapshot: string, before: string) => void
  readonly message: RegExp
  readonly isMissing?: boolean
  readonly isKnown?: boolean
}

const LOSSES: readonly Loss[] = [
  {
    name: 'missing',
    damage: (snapshot) => {
      rmSync(snapshot)
    },
    message: /^missing; .* may be stored twice$/,
    isMissing: true,
  },
  {
    name: 'damaged',
    damage: (snapshot) => {
      truncateSync(snapshot, 20)
    },
    message: /^damaged: .*; .* may be stored twice$/,
  },
  {
    name: 'one from before the records were removed',
    damage: (snapshot, before) => {
      cpSync(before, snapshot)
    },
    message: /^it reaches offset \d+, the records below \d+ were removed; .* may be stored twice$/,
    isKnown: true,
  },
]

async function openedReports(root: string): Promise<RecoveryReport[]> {
  const reports: RecoveryReport[] = []
  const onRecovery = (name: string, report: RecoveryReport): void => {
    expect(name).toBe(STREAM)
    reports.push(report)
  }
  await using opened = await openTestStore(root, { onRecovery })
  const { recovery, failure } = await opened.store.open(STREAM)
  expect(failure).toBeUndefined()
  expect(reports).toEqual(recovery.forgottenProducers === undefined ? [] : [recovery])
  return reports
}

describe.each(LOSSES)('a snapshot of producers that is $name', (loss) => {
  const { damage, message, isMissing = false, isKnown = false } = loss

  it('is reported by the opening, once, and is what a resend would have met', async () => {
    using directory = temporaryDirectory()
    const before = directory.at('before')
    const root = directory.at('store')
    await trimmed(root, before)
    {
      const untouched = copyDirectory(root, directory.at('untouched'))
      await using opened = await openTestLog(untouched, SMALL)
      expect(opened.log.recovery.forgottenProducers).toBeUndefined()
      expect(appendProduced(opened.log).isDuplicate).toBe(true)
    }
    damage(snapshotOf(root), before)
    {
      const copy = copyDirectory(root, directory.at('copy'))
      await using opened = await openTestLog(copy, SMALL)
      expect(appendProduced(opened.log).isDuplicate).toBe(isKnown)
    }
    const [report, ...more] = await openedReports(root)
    expect(report?.forgottenProducers?.belowOffset).toBeGreaterThan(0)
    expect(report?.forgottenProducers?.reason).toMatch(/producers\.snapshot/)
    expect(more).toEqual([])
    // Its clean stop wrote a new one, of what the log still holds.
    expect(await openedReports(root)).toEqual([])
  })

  it('is a defect, and a repair leaves one in its place that says what is still known', async () => {
    using directory = temporaryDirectory()
    const before = directory.at('before')
    const root = directory.at('store')
    const startOffset = await trimmed(root, before)
    expect((await verifyStore(root)).isSound).toBe(true)
    damage(snapshotOf(root), before)
    const damaged = isMissing ? undefined : readFileSync(snapshotOf(root))
    const found = await verifyStore(root)
    expect(found.isSound).toBe(false)
    expect(found.streams[0]).toMatchObject({ startOffset, warnings: [] })
    expect(found.streams[0]?.defects).toEqual([
      {
        segment: FILE,
        positionBytes: 0,
        endPositionBytes: 0,
        fromOffset: null,
        toOffset: null,
        code: 'UNREADABLE',
        message: expect.stringMatching(message) as string,
      },
    ])

    const setAside = { kind: 'set-aside', segment: FILE, file: `${FILE}.damaged` }
    const write = { kind: 'write-producers', segment: FILE }
    const actions = isMissing ? [write] : [setAside, write]
    for (const apply of [false, true]) {
      const report = await repairStream(root, STREAM, { apply })
      const rest = { lostRecords: 0, gaps: [], unrepairable: [] }
      expect(report).toMatchObject({ isNeeded: true, isApplied: apply, actions, ...rest })
    }
    expect((await verifyStore(root)).streams[0]).toMatchObject({ defects: [], warnings: [] })
    if (damaged !== undefined) {
      expect(readFileSync(`${snapshotOf(root)}.damaged`).equals(damaged)).toBe(true)
    }
    expect(await openedReports(root)).toEqual([])
    await using opened = await openTestLog(root, SMALL)
    expect(appendProduced(opened.log).isDuplicate).toBe(isKnown)
  })
})

describe('a snapshot of producers', () => {
  it('need not be there while every segment is, also behind a trim', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path, SMALL)
      appendProduced(opened.log)
      await appendSegments(opened.log, 2)
      await opened.log.trim(1)
      expect(opened.log.startOffset).toBe(1)
    }
    truncateSync(snapshotOf(directory.path), 20)
    const [damaged] = (await verifyStore(directory.path)).streams
    expect(damaged?.defects).toEqual([])
    expect(damaged?.warnings).toMatchObject([
      { file: FILE, message: expect.stringMatching(/the log itself is read instead$/) as string },
    ])
    rmSync(snapshotOf(directory.path))
    const [missing] = (await verifyStore(directory.path)).streams
    expect(missing).toMatchObject({ defects: [], warnings: [] })
    expect(await openedReports(directory.path)).toEqual([])
    await using opened = await openTestLog(directory.path, SMALL)
    expect(appendProduced(opened.log).isDuplicate).toBe(true)
  })

  it('need not be there where no trim, but damage took the first segment', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path, SMALL)
      await appendSegments(opened.log, 2)
    }
    rmSync(join(streamDirectory(directory.path, STREAM), '00000000000000000000.log'))
    rmSync(snapshotOf(directory.path))
    const [stream] = (await verifyStore(directory.path)).streams
    expect(stream?.defects).toMatchObject([{ code: 'OFFSET_GAP' }])
    const report = await repairStream(directory.path, STREAM, { apply: true })
    expect(report.actions.map(({ kind }) => kind)).toEqual(['list-gap'])
    expect((await verifyStore(directory.path)).isSound).toBe(true)
    expect(await openedReports(directory.path)).toEqual([])
  })

  it('that was lost can be put back from a copy, and then nothing is forgotten', async () => {
    using directory = temporaryDirectory()
    const root = directory.at('store')
    await trimmed(root, directory.at('before'))
    const copy = readFileSync(snapshotOf(root))
    rmSync(snapshotOf(root))
    expect((await verifyStore(root)).isSound).toBe(false)
    writeFileSync(snapshotOf(root), copy)
    expect((await verifyStore(root)).isSound).toBe(true)
    await using opened = await openTestLog(root, SMALL)
    expect(opened.log.recovery.forgottenProducers).toBeUndefined()
    expect(appendProduced(opened.log).isDuplicate).toBe(true)
  })
})
