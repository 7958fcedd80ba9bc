/**
 * Runs a seeded workload on a simulated disk and cuts the power before every step of every operation.
 *
 * At each step the run is held, the disk is copied as a power cut would leave it, and the oracle judges
 * the copy against what had been acknowledged by then; some copies lose power again while they recover,
 * in others a bit turns over. With faults the running disk fails, too. The seed decides the workload, the
 * order of completion, the faults, and what each cut leaves.
 */
import type { RecoveryLimits } from '@tailrace/core'
import { TailraceError } from '@tailrace/format'
import { Random } from '../random.js'
import { BrokenPromise } from './broken-promise.js'
import { flipAnyBit, judgeDamaged } from './judge-damaged.js'
import type { Operation } from './operation.js'
import { judge } from './oracle.js'
import type { ShadowStream } from './shadow-stream.js'
import { DiskFaults } from './simulated-faults.js'
import type { FaultKind, FaultRates } from './simulated-faults.js'
import { SimulatedStorage } from './simulated-storage.js'
import { Standstill } from './standstill.js'
import { Workload } from './workload.js'
import type { ActionKind } from './workload.js'

/** How long a run is and what it meets. */
export interface PowerLossOptions {
  readonly seed: number
  /** Actions of the workload. */
  readonly actions: number
  /** One in this many cuts is followed by another one during recovery. Default 10. */
  readonly secondCutEvery?: number
  /** After one in this many cuts a bit of what is left turns over. Default 20. */
  readonly bitFlipEvery?: number
  /** Faults of the running disk. Default: none. */
  readonly faults?: FaultRates
  /** Judges this cut only: to look at one that failed. Default: all. */
  readonly onlyCut?: number
  /** Of the running process; whoever judges has the usual ones. A canary: what is written beyond them is missed. */
  readonly recoveryLimits?: RecoveryLimits
  /** As of {@link Workload}. A batch has up to three values, and is to fit into what recovery looks at. */
  readonly valueLengths?: readonly number[]
  /** Breaks the promises of a disk, of this one and of each that a crash leaves: a canary to be caught. */
  readonly sabotage?: (storage: SimulatedStorage) => void
}

/** What a run went through. */
export interface PowerLossReport {
  readonly cuts: number
  readonly secondCuts: number
  readonly bitFlips: number
  /** Bit flips that somebody was told of; the others hit nothing that is in use. */
  readonly bitFlipsReported: number
  readonly acknowledgedRecords: number
  /** Cuts before a step of giving a new segment its name. */
  readonly cutsInRolls: number
  readonly done: (kind: ActionKind) => number
  readonly injected: (kind: FaultKind) => number
}

/** Runs the workload. @throws {BrokenPromise} with the seed and the operation at which it broke. */
export async function runPowerLoss(options: PowerLossOptions): Promise<PowerLossReport> {
  return new PowerLossRun(options).run()
}

/** An append makes two writes, so that each of them has its cuts; a cut at each would take three times as long. */
const WRITES_PER_CUT = 13

/** Of the files that are prepared, those which nobody syncs before they are used, as in a fast stream. */
const FAST_SHARE = 0.5

class PowerLossRun {
  readonly #options: PowerLossOptions
  readonly #random: Random
  readonly #cutRandom: Random
  readonly #fastRandom: Random
  readonly #storage = SimulatedStorage.empty()
  readonly #standstill = new Standstill()
  #workload: Workload | undefined
  #broken: BrokenPromise | undefined
  #cuts = 0
  #writes = 0
  #secondCuts = 0
  #bitFlips = 0
  #bitFlipsReported = 0
  #cutsInRolls = 0

  constructor(options: PowerLossOptions) {
    this.#options = options
    this.#random = new Random(options.seed)
    this.#cutRandom = this.#random.fork()
    this.#fastRandom = new Random(options.seed + 1)
  }

  async run(): Promise<PowerLossReport> {
    const { sabotage, faults: rates, actions } = this.#options
    sabotage?.(this.#storage)
    this.#storage.hook = (operation) => this.#standstill.hold(this.#cutBefore(operation))
    this.#storage.writeHook = (operation) => {
      this.#writes += 1
      // The copy is made at once; the run is held where it next waits for something.
      if (this.#writes % WRITES_PER_CUT === 0)
        void this.#standstill.hold(this.#cutBefore(operation))
    }
    const faults = rates === undefined ? undefined : new DiskFaults(this.#random.fork(), rates)
    if (faults !== undefined) faults.isOn = false
    this.#storage.faults = faults
    const workload = await Workload.open({
      storage: this.#storage,
      random: this.#random,
      isFast: () => this.#fastRandom.chance(FAST_SHARE),
      held: () => this.#standstill.ending,
      recoveryLimits: this.#options.recoveryLimits,
      valueLengths: this.#options.valueLengths,
    })
    this.#workload = workload
    if (faults !== undefined) faults.isOn = true
    try {
      for (let at = 0; at < actions && this.#broken === undefined; at += 1) await workload.act()
      await workload.close()
    } catch (error) {
      // Of two findings the one of the oracle came first.
      this.#broken ??= this.#brokenBy(error, 'in the running process')
    }
    if (this.#broken !== undefined) throw this.#broken
    return {
      cuts: this.#cuts,
      secondCuts: this.#secondCuts,
      bitFlips: this.#bitFlips,
      bitFlipsReported: this.#bitFlipsReported,
      acknowledgedRecords: workload.shadows.reduce((sum, it) => sum + it.acknowledgedEnd, 0),
      cutsInRolls: this.#cutsInRolls,
      done: (kind) => workload.count(kind),
      injected: (kind) => faults?.injected(kind) ?? 0,
    }
  }

  async #cutBefore(operation: Operation): Promise<void> {
    if (this.#broken !== undefined) return
    this.#cuts += 1
    if (operation.kind === 'rename' && operation.path.endsWith('.prepared')) this.#cutsInRolls += 1
    const { secondCutEvery = 10, bitFlipEvery = 20, onlyCut } = this.#options
    // All of one moment: the run goes on elsewhere while a copy is judged.
    const cut = this.#cuts
    const shadows = (this.#workload?.shadows ?? []).map((shadow) => shadow.snapshot())
    const random = this.#cutRandom.fork()
    const copies = {
      left: this.#crash(this.#storage, random),
      again: cut % secondCutEvery === 0 ? this.#crash(this.#storage, random) : undefined,
      rotten: cut % bitFlipEvery === 0 ? this.#crash(this.#storage, random) : undefined,
    }
    if (onlyCut !== undefined && onlyCut !== cut) return
    try {
      await judge(copies.left, shadows, random.fork())
      if (copies.again !== undefined) await this.#cutDuringRecovery(copies.again, shadows, random)
      if (copies.rotten !== undefined) await this.#flip(copies.rotten, shadows, random)
    } catch (error) {
      const at = `${operation.kind} of "${operation.path}" (step ${operation.step})`
      this.#broken ??= this.#brokenBy(error, `cut ${cut} before ${at}`)
    }
  }

  #crash(storage: SimulatedStorage, random: Random): SimulatedStorage {
    const left = storage.crash(random)
    this.#options.sabotage?.(left)
    return left
  }

  #brokenBy(error: unknown, where: string): BrokenPromise {
    const known = TailraceError.is(error) ? 'not-writable' : 'unexpected-error'
    const kind = error instanceof BrokenPromise ? error.kind : known
    const reason = error instanceof Error ? error.message : String(error)
    const message = `seed ${this.#options.seed}, ${where}: ${kind}: ${reason}`
    return new BrokenPromise(kind, message, { cause: error })
  }

  /** Power fails again at a step of the recovery; what that leaves is judged like the first. */
  async #cutDuringRecovery(
    left: SimulatedStorage,
    shadows: readonly ShadowStream[],
    random: Random,
  ): Promise<void> {
    let stepsLeft = 1 + random.below(20)
    let leftAgain: SimulatedStorage | undefined
    const count = (): void => {
      stepsLeft -= 1
      if (stepsLeft === 0) leftAgain = this.#crash(left, random)
    }
    left.hook = count
    left.writeHook = count
    await judge(left, shadows, random.fork())
    if (leftAgain === undefined) return
    this.#secondCuts += 1
    await judge(leftAgain, shadows.map(withJudgesRecord), random.fork())
  }

  async #flip(
    left: SimulatedStorage,
    shadows: readonly ShadowStream[],
    random: Random,
  ): Promise<void> {
    if (flipAnyBit(left, random) === undefined) return
    this.#bitFlips += 1
    if (await judgeDamaged(left, shadows, random.fork())) this.#bitFlipsReported += 1
  }
}

/** The judge of the first cut has appended one record: a second cut may have kept it. */
function withJudgesRecord(shadow: ShadowStream): ShadowStream {
  const copy = shadow.snapshot()
  copy.mayHaveJudgesRecord = true
  return copy
}
