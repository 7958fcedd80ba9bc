/**
 * Loss of power at the steps of storage operations, with followers: one that looks before every step, and
 * one that opens what the cut left, before the writer has recovered it.
 *
 * In `fsync` streams neither is ever shown a record that is not there after recovery. In `relaxed` ones
 * whoever was shown such a record is told. The seed decides the workload, the cuts and what they leave.
 */

import { TailraceError } from '@tailrace/format'
import { Random, SimulatedStorage, VirtualScheduler } from '@tailrace/testing'
import { describe, expect, it } from 'vitest'

import {
  openStore,
  openStoreReadOnly,
  type Log,
  type ReadOnlyLog,
  type StorageFile,
  type StreamConfigInput,
} from '../../src/index.js'
import { textOf } from '../support/records.js'
import { runSeed } from '../support/random.js'
import { SimulatedReading } from './support/simulated-reading.js'

const STREAM = 's'
const SEEDS = 12
const ACTIONS = 30
/** One in so many steps is a cut. */
const CUT_EVERY = 4

/** The content of a stream as somebody saw it. */
class Shown {
  readonly values = new Map<number, string>()
  nextOffset = 0

  /** Takes what is visible in addition. */
  take(log: ReadOnlyLog): void {
    log.refresh()
    this.nextOffset = Math.max(this.nextOffset, log.startOffset)
    const reader = log.reader(this.nextOffset)
    if (reader.nextOffset >= log.visibleOffset) return
    for (const batch of log.batches({ from: this.nextOffset })) {
      for (let at = 0; at < batch.recordCount; at += 1) {
        const offset = batch.offset(at)
        if (offset < this.nextOffset) continue
        expect(offset).toBe(this.nextOffset)
        this.values.set(offset, textOf(batch.value(at)))
        this.nextOffset += 1
      }
    }
  }
}

class FollowedRun {
  readonly #random: Random
  readonly disk = SimulatedStorage.empty()
  readonly #scheduler: VirtualScheduler
  readonly #config: StreamConfigInput
  readonly #submitted: string[] = []
  readonly #shown = new Shown()
  #log: Log | undefined
  #follower: ReadOnlyLog | undefined
  #failure: Error | undefined
  cuts = 0
  lost = 0
  told = 0

  constructor(seed: number, config: StreamConfigInput) {
    this.#random = new Random(seed)
    this.#scheduler = new VirtualScheduler(this.#random.fork())
    this.#config = config
  }

  get shownCount(): number {
    return this.#shown.values.size
  }

  async run(): Promise<void> {
    const storage = this.disk
    const scheduler = this.#scheduler
    const options = { storage, scheduler, clock: scheduler, bootId: 'first' }
    const store = await scheduler.run(openStore('simulated', options))
    this.#log = await scheduler.run(store.ensure(STREAM, this.#config))
    const reading = await openStoreReadOnly('simulated', { storage: new SimulatedReading(storage) })
    this.#follower = await reading.open(STREAM)
    storage.hook = async ({ kind, path, step }) => {
      if (kind === 'resize' && step === 0) this.#cutOlderViews(path)
      await this.#atStep()
    }
    for (let at = 0; at < ACTIONS && this.#failure === undefined; at += 1)
      await this.#act(this.#log)
    storage.hook = () => undefined
    if (this.#failure !== undefined) throw this.#failure
    await scheduler.run(this.#log.flush())
    this.#look()
    expect(this.#shown.nextOffset).toBe(this.#log.endOffset)
    await scheduler.run(store.close())
  }

  async #act(log: Log): Promise<void> {
    const random = this.#random
    const appends = Array.from({ length: 1 + random.below(3) }, () => {
      const value = `${this.#submitted.length} `.padEnd(1 + random.below(20_000), 'x')
      this.#submitted.push(value)
      return log.append({ value })
    })
    await this.#scheduler.run(Promise.all(appends))
    if (random.chance(0.1)) {
      const start = log.startOffset + random.below(log.durableOffset - log.startOffset + 1)
      await this.#scheduler.run(log.trim(start))
    }
    this.#scheduler.advance(random.below(100))
  }

  /** What a cut of the kernel does to the mappings that there are. */
  #cutOlderViews(path: string): void {
    const { extentEnd } = this.#endOf(path)
    SimulatedReading.cut(this.disk.contentOf(path), extentEnd)
  }

  /** Where the data of a segment end: the writer cuts 8 bytes behind. */
  #endOf(path: string): { readonly extentEnd: number } {
    const bytes = this.disk.contentOf(path)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let position = 128
    while (position + 72 <= bytes.length && view.getUint32(position + 4, true) !== 0) {
      position += view.getUint32(position + 4, true)
    }
    return { extentEnd: position + 8 }
  }

  async #atStep(): Promise<void> {
    if (this.#failure !== undefined) return
    try {
      this.#look()
      if (this.#random.below(CUT_EVERY) === 0) await this.#cut()
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error))
    }
  }

  #look(): void {
    if (this.#follower === undefined) return
    this.#shown.take(this.#follower)
    this.#compare(this.#shown)
  }

  /** Nothing is shown but what was appended there. */
  #compare({ values }: Shown): void {
    for (const [offset, value] of values) {
      if (value !== this.#submitted[offset]) throw new Error(`another record at offset ${offset}`)
    }
  }

  async #cut(): Promise<void> {
    this.cuts += 1
    const left = this.disk.crash(this.#random)
    const shownBefore = this.#shown.nextOffset
    const isFsync = this.#config.durability === 'fsync'
    const reading = await openStoreReadOnly('left', { storage: new SimulatedReading(left) })
    const follower = await reading.open(STREAM)
    const before = new Shown()
    before.take(follower)
    this.#compare(before)
    const scheduler = new VirtualScheduler(this.#random.fork())
    const options = { storage: left, scheduler, clock: scheduler, bootId: `cut ${this.cuts}` }
    const store = await scheduler.run(openStore('left', options))
    const log = await scheduler.run(store.open(STREAM))
    const shown = isFsync ? Math.max(before.nextOffset, shownBefore) : before.nextOffset
    const isLost = log.endOffset < shown
    if (isLost) this.lost += 1
    if (isFsync && isLost) throw new Error(`shown up to ${shown}, left up to ${log.endOffset}`)
    const appended = await scheduler.run(log.append({ value: 'after the cut' }))
    await scheduler.run(log.flush())
    try {
      before.take(follower)
      if (before.nextOffset !== appended.endOffset)
        throw new Error('the follower has not caught up')
      if (before.values.get(appended.baseOffset) !== 'after the cut')
        throw new Error('another record')
    } catch (error) {
      if (!TailraceError.is(error) || error.code !== 'EPOCH_MISMATCH' || isFsync) throw error
      this.told += 1
    }
    await scheduler.run(store.close())
  }
}

/** A disk whose syncs are said to be done before they are. */
function lieAboutSyncs(disk: SimulatedStorage): void {
  const open = disk.open.bind(disk)
  const create = disk.create.bind(disk)
  const lying = (file: StorageFile): StorageFile => ({
    ...file,
    sync() {
      void file.sync()
      return Promise.resolve()
    },
  })
  disk.open = (path) => lying(open(path))
  disk.create = async (path, capacityBytes) => lying(await create(path, capacityBytes))
}

describe('followers of a stream whose writer loses power', () => {
  it('are never shown a record of an fsync stream that is not there afterwards', async () => {
    let cuts = 0
    let shown = 0
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const config = { durability: 'fsync', segmentBytesMax: '64KiB' } as const
      const run = new FollowedRun(runSeed() + seed, config)
      await run.run()
      cuts += run.cuts
      shown += run.shownCount
    }
    expect(cuts).toBeGreaterThan(500)
    expect(shown).toBeGreaterThan(500)
  }, 60_000)

  it('are found to be shown too much on a disk that lies (the canary)', async () => {
    const config = { durability: 'fsync', segmentBytesMax: '64KiB' } as const
    const runs = async (): Promise<void> => {
      for (let seed = 0; seed < SEEDS; seed += 1) {
        const run = new FollowedRun(runSeed() + seed, config)
        lieAboutSyncs(run.disk)
        await run.run()
      }
    }
    await expect(runs()).rejects.toThrow(/shown up to \d+, left up to \d+|is damaged/)
  }, 60_000)

  it('are told when a relaxed stream may have lost what they were shown', async () => {
    let cuts = 0
    let told = 0
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const config = {
        durability: 'relaxed',
        segmentBytesMax: '64KiB',
        flushIntervalMs: 100,
      } as const
      const run = new FollowedRun(runSeed() + seed, config)
      await run.run()
      cuts += run.cuts
      told += run.told
    }
    expect(cuts).toBeGreaterThan(200)
    // Every cut is told: whether anything was lost is not known to anybody.
    expect(told).toBe(cuts)
  }, 60_000)
})
