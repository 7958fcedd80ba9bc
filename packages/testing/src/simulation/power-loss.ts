/**
 * Runs a seeded workload on a simulated disk and cuts the power before every step of every operation.
 *
 * At each step the run is held, the disk is copied as a power cut would leave it, and the oracle judges
 * the copy against what had been acknowledged by then; one in so many copies loses power again while it
 * recovers. The seed decides the workload, the order of completion, and what each cut leaves.
 */
import type { AppendResult, Log } from '@tailrace/core'
import { Random } from '../random.js'
import { BrokenPromise, judge, openSimulated } from './oracle.js'
import type { SimulatedStore } from './oracle.js'
import { ShadowStream } from './shadow-stream.js'
import { SimulatedStorage } from './simulated-storage.js'
import type { Operation } from './simulated-storage.js'

/** How long a run is and what it meets. */
export interface PowerLossOptions {
  readonly seed: number
  /** Actions of the workload. */
  readonly actions: number
  /** One in this many cuts is followed by another one during recovery. */
  readonly secondCutEvery?: number
  /** Wraps the disk: a canary that breaks a promise must be caught. */
  readonly sabotage?: (storage: SimulatedStorage) => void
}

/** What a run went through. */
export interface PowerLossReport {
  readonly cuts: number
  readonly secondCuts: number
  readonly acknowledgedRecords: number
}

/** Runs the workload. @throws {BrokenPromise} with the seed and the operation at which it broke. */
export async function runPowerLoss(options: PowerLossOptions): Promise<PowerLossReport> {
  return new PowerLossRun(options).run()
}

class PowerLossRun {
  readonly #options: PowerLossOptions
  readonly #random: Random
  readonly #faults: Random
  readonly #storage = SimulatedStorage.empty()
  readonly #shadows: ShadowStream[] = []
  #simulated: SimulatedStore | undefined
  #broken: BrokenPromise | undefined
  #cuts = 0
  #secondCuts = 0

  constructor(options: PowerLossOptions) {
    this.#options = options
    this.#random = new Random(options.seed)
    this.#faults = this.#random.fork()
  }

  async run(): Promise<PowerLossReport> {
    this.#options.sabotage?.(this.#storage)
    this.#storage.hook = (operation) => this.#cutBefore(operation)
    this.#simulated = await openSimulated(this.#storage, this.#random)
    for (let at = 0; at < this.#options.actions && this.#broken === undefined; at += 1) {
      await this.#simulated.scheduler.run(this.#act())
    }
    await this.#simulated.scheduler.run(this.#simulated.store.close())
    if (this.#broken !== undefined) throw this.#broken
    return {
      cuts: this.#cuts,
      secondCuts: this.#secondCuts,
      acknowledgedRecords: this.#shadows.reduce((sum, shadow) => sum + shadow.acknowledgedEnd, 0),
    }
  }

  async #act(): Promise<void> {
    const [shadow] = this.#shadows
    if (shadow === undefined || this.#random.chance(0.02)) return this.#createStream()
    const chosen = this.#random.pick(this.#shadows)
    const log = await this.#storeOf().open(chosen.name)
    chosen.knownEpoch = log.epoch
    const action = this.#random.next()
    if (action < 0.8) await this.#append(log, chosen)
    else if (action < 0.9) await this.#trim(log, chosen)
    else if (action < 0.95) await this.#flush(log, chosen)
    else await this.#reopen()
  }

  async #createStream(): Promise<void> {
    const durability = this.#random.pick(['fsync', 'fsync', 'relaxed'] as const)
    const shadow = new ShadowStream(`s${this.#shadows.length}`, durability)
    await this.#storeOf().ensure(shadow.name, { durability, segmentBytesMax: 64 * 1024 })
    // Only now: a crash before may leave it there or not.
    this.#shadows.push(shadow)
  }

  /** A burst of appends in flight at once, as from several publishers. */
  async #append(log: Log, shadow: ShadowStream): Promise<void> {
    const burst = Array.from({ length: 1 + this.#random.below(4) }, async () => {
      const records = Array.from({ length: 1 + this.#random.below(3) }, () => this.#value(shadow))
      const submitted = log.append(records.map((value) => ({ value })))
      shadow.submitted.push(...records)
      this.#acknowledge(shadow, await submitted)
    })
    await Promise.all(burst)
  }

  #acknowledge(shadow: ShadowStream, { endOffset }: AppendResult): void {
    if (shadow.durability === 'relaxed') return
    shadow.acknowledgedEnd = Math.max(shadow.acknowledgedEnd, endOffset)
  }

  async #flush(log: Log, shadow: ShadowStream): Promise<void> {
    const end = log.endOffset
    await log.flush()
    shadow.acknowledgedEnd = Math.max(shadow.acknowledgedEnd, end)
  }

  async #trim(log: Log, shadow: ShadowStream): Promise<void> {
    const { startOffset, durableOffset } = log
    const before = startOffset + this.#random.below(durableOffset - startOffset + 1)
    shadow.trimAskedTo = Math.max(shadow.trimAskedTo, before)
    shadow.trimmedTo = Math.max(shadow.trimmedTo, await log.trim(before))
  }

  async #reopen(): Promise<void> {
    await this.#storeOf().close()
    for (const shadow of this.#shadows) shadow.acknowledgedEnd = shadow.submitted.length
    this.#simulated = await openSimulated(this.#storage, this.#random)
  }

  /** Distinct values of many lengths, some of them longer than a page. */
  #value(shadow: ShadowStream): string {
    const length = this.#random.pick([0, 10, 100, 1000, 9000])
    return `${shadow.name}:${shadow.submitted.length}:${this.#random.below(1e9)}:`.padEnd(
      length,
      'x',
    )
  }

  async #cutBefore(operation: Operation): Promise<void> {
    if (this.#broken !== undefined) return
    this.#cuts += 1
    const cut = this.#cuts
    const shadows = this.#shadows.map((shadow) => shadow.snapshot())
    // All of one moment: the run goes on elsewhere while a copy is judged.
    const left = this.#storage.afterPowerLoss(this.#faults)
    const isSecond = cut % (this.#options.secondCutEvery ?? 10) === 0
    const leftForSecond = isSecond ? this.#storage.afterPowerLoss(this.#faults) : undefined
    try {
      await judge(left, shadows, this.#faults.fork())
      if (leftForSecond !== undefined) await this.#cutDuringRecovery(leftForSecond, shadows)
    } catch (error) {
      const { seed } = this.#options
      const at = `${operation.kind} of "${operation.path}" (step ${operation.step})`
      const reason = error instanceof Error ? error.message : String(error)
      const message = `seed ${seed}, cut ${cut} before ${at}: ${reason}`
      this.#broken = new BrokenPromise(message, { cause: error })
    }
  }

  /** Power fails again at a step of the recovery; what that leaves is judged like the first. */
  async #cutDuringRecovery(
    left: SimulatedStorage,
    shadows: readonly ShadowStream[],
  ): Promise<void> {
    const random = this.#faults.fork()
    let stepsLeft = 1 + random.below(12)
    let leftAgain: SimulatedStorage | undefined
    left.hook = () => {
      stepsLeft -= 1
      if (stepsLeft === 0) leftAgain = left.afterPowerLoss(random)
    }
    await judge(left, shadows, random.fork())
    left.hook = () => undefined
    if (leftAgain === undefined) return
    this.#secondCuts += 1
    await judge(leftAgain, shadows.map(withoutAppends), random.fork())
  }

  #storeOf(): SimulatedStore['store'] {
    if (this.#simulated === undefined) throw new Error('the store is not open')
    return this.#simulated.store
  }
}

/** The judge of the first cut has appended one record: a second cut may have kept it. */
function withoutAppends(shadow: ShadowStream): ShadowStream {
  const copy = shadow.snapshot()
  copy.mayHaveJudgesRecord = true
  return copy
}
