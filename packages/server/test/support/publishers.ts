/** Publishers in processes of their own, and what they were told. */

import type { Acknowledged, Lane } from './lanes.js'
import { startProgram, type Program } from './programs.js'

type Message =
  | Acknowledged
  | { readonly lane: string; readonly lastSequence: number }
  | { readonly connected: true }
  | { readonly lost: true }

/** The publishers of a test: one process for each list of lanes. */
export class Publishers implements AsyncDisposable {
  readonly acknowledged: Acknowledged[] = []
  /** Of named lanes, at their end: the last sequence that the server knows. */
  readonly lastSequences = new Map<string, number>()
  acknowledgedCount = 0
  duplicateCount = 0
  lostConnectionCount = 0
  #connectedCount = 0
  #grantedCount = 0
  readonly #lanes: readonly (readonly Lane[])[]
  readonly #programs: readonly Program[]
  #onProgress: () => void = () => undefined

  constructor(url: string, lanes: readonly (readonly Lane[])[]) {
    this.#lanes = lanes
    this.#programs = lanes.map((ofOne) =>
      startProgram('publish', [url, JSON.stringify(ofOne)], (message) => {
        this.#note(message as Message)
      }),
    )
    for (const { ended } of this.#programs) {
      void ended.then(() => {
        this.#onProgress()
      })
    }
  }

  /** Records that every lane together was allowed to publish. */
  get grantedCount(): number {
    return this.#grantedCount
  }

  /** Lets every lane publish so many more. */
  grant(recordCount: number): void {
    this.#grantedCount += recordCount * this.#lanes.flat().length
    for (const { process } of this.#programs) process.send({ grant: recordCount })
  }

  /** Resolves when every process has its first connection: those after it come by themselves. */
  connected(): Promise<void> {
    return this.#until(() => this.#connectedCount === this.#programs.length)
  }

  /** Resolves when so many records are acknowledged, or all that were granted. */
  reached(acknowledgedCount: number): Promise<void> {
    const target = Math.min(acknowledgedCount, this.#grantedCount)
    return this.#until(() => this.acknowledgedCount >= target)
  }

  /** Lets the publishers end; resolves with their exit codes. */
  finish(): Promise<readonly (number | null)[]> {
    for (const { process } of this.#programs) process.send({ finish: true })
    return Promise.all(this.#programs.map(({ ended }) => ended))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.kill()))
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      const early = this.#programs.find(({ process }) => process.exitCode !== null)
      if (early !== undefined) throw new Error('a publisher has ended by itself')
      await new Promise<void>((resolve) => {
        this.#onProgress = resolve
      })
    }
  }

  #note(message: Message): void {
    if ('connected' in message) this.#connectedCount += 1
    else if ('lost' in message) this.lostConnectionCount += 1
    else if ('lastSequence' in message) this.lastSequences.set(message.lane, message.lastSequence)
    else {
      this.acknowledged.push(message)
      this.acknowledgedCount += message.recordCount
      if (message.isDuplicate) this.duplicateCount += message.recordCount
    }
    this.#onProgress()
  }
}
