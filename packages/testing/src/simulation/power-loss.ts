/**
 * Runs a seeded workload on a simulated disk and cuts the power before every step of every operation.
 *
 * At each step the run is held, the disk is copied as a power cut would leave it, and the oracle judges
 * the copy against what had been acknowledged by then; one in so many copies loses power again while it
 * recovers. The seed decides the workload, the order of completion, and what each cut leaves.
 */
import { Random } from '../random.js'
import { BrokenPromise, judge } from './oracle.js'
import type { ShadowStream } from './shadow-stream.js'
import { SimulatedStorage } from './simulated-storage.js'
import type { Operation } from './operation.js'
import { Workload } from './workload.js'

/** How long a run is and what it meets. */
export interface PowerLossOptions {
  readonly seed: number
  /** Actions of the workload. */
  readonly actions: number
  /** One in this many cuts is followed by another one during recovery. Default 10. */
  readonly secondCutEvery?: number
  /** Breaks the disk's promises: a canary that must be caught. */
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
  #workload: Workload | undefined
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
    this.#workload = await Workload.open(this.#storage, this.#random)
    for (let at = 0; at < this.#options.actions && this.#broken === undefined; at += 1) {
      await this.#workload.act()
    }
    await this.#workload.close()
    if (this.#broken !== undefined) throw this.#broken
    return {
      cuts: this.#cuts,
      secondCuts: this.#secondCuts,
      acknowledgedRecords: this.#workload.shadows.reduce(
        (sum, shadow) => sum + shadow.acknowledgedEnd,
        0,
      ),
    }
  }

  async #cutBefore(operation: Operation): Promise<void> {
    if (this.#broken !== undefined) return
    this.#cuts += 1
    const cut = this.#cuts
    // All of one moment: the run goes on elsewhere while a copy is judged.
    const shadows = (this.#workload?.shadows ?? []).map((shadow) => shadow.snapshot())
    const left = this.#storage.crash(this.#faults)
    const isSecond = cut % (this.#options.secondCutEvery ?? 10) === 0
    const leftForSecond = isSecond ? this.#storage.crash(this.#faults) : undefined
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
    let stepsLeft = 1 + random.below(20)
    let leftAgain: SimulatedStorage | undefined
    left.hook = () => {
      stepsLeft -= 1
      if (stepsLeft === 0) leftAgain = left.crash(random)
    }
    await judge(left, shadows, random.fork())
    if (leftAgain === undefined) return
    this.#secondCuts += 1
    await judge(leftAgain, shadows.map(withJudgesRecord), random.fork())
  }
}

/** The judge of the first cut has appended one record: a second cut may have kept it. */
function withJudgesRecord(shadow: ShadowStream): ShadowStream {
  const copy = shadow.snapshot()
  copy.mayHaveJudgesRecord = true
  return copy
}
