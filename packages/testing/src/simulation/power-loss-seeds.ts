/** What a seed stands for in the tests and in `npm run crash`, so that either replays the other's findings. */
import type { PowerLossOptions, PowerLossReport } from './power-loss.js'
import { ACTION_KINDS } from './workload.js'
import type { ActionKind } from './workload.js'

const ACTIONS = 40
const FAULT_RATES = { eio: 0.015, enospc: 0.02, shortWrite: 0.02 }
const FAULT_KINDS = ['EIO', 'ENOSPC', 'short-write'] as const

/**
 * So long that a burst of appends reaches further than recovery looks, which those of the usual lengths do in
 * one run of thirty; three of them, the largest batch, do not.
 */
const LONG_VALUES = [9000]

/**
 * The run of a seed: the odd ones on a disk without faults, the even ones on one that fails, too; each third with
 * long values only.
 */
export function powerLossOptions(seed: number): PowerLossOptions {
  return {
    seed,
    actions: ACTIONS,
    ...(seed % 2 === 0 ? { faults: FAULT_RATES } : {}),
    ...(seed % 3 === 0 ? { valueLengths: LONG_VALUES } : {}),
  }
}

/** Reports of many runs, added up. */
export class ReportSum {
  readonly #sums = new Map<string, number>()

  /** Takes a report into the sum. */
  add(report: PowerLossReport): void {
    const { done, injected, ...numbers } = report
    for (const [name, value] of Object.entries(numbers)) this.#add(name, value)
    for (const kind of ACTION_KINDS) this.#add(kind, done(kind))
    for (const kind of FAULT_KINDS) this.#add(kind, injected(kind))
  }

  /** The sum of one number of the reports, or how often something was done or has struck. */
  of(name: NumberName | ActionKind | (typeof FAULT_KINDS)[number]): number {
    return this.#sums.get(name) ?? 0
  }

  /** All of it, for a person. */
  toString(): string {
    return [...this.#sums].map(([name, value]) => `${name} ${value}`).join(', ')
  }

  #add(name: string, value: number): void {
    this.#sums.set(name, (this.#sums.get(name) ?? 0) + value)
  }
}

type NumberName = Exclude<keyof PowerLossReport, 'done' | 'injected'>
