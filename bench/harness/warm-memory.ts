/**
 * Memory as a machine has it that has been running for a while.
 *
 * Where the host of a virtual machine backs pages on demand and takes idle ones back, the first touch of
 * free memory costs ten times the second, and a run measures the host. A machine that has read and written
 * files for a day has next to no free memory: it is page cache, which the kernel hands out again. So the
 * page cache is filled, and filled again whenever something frees memory, as the deleting of a stream
 * does: what is free for two seconds is cold again.
 */
import { ActorProcess } from './actor-process.js'
import { freeBytes } from './kernel-memory.js'

interface Answer {
  readonly isDown: boolean
}

/** Memory that is kept warm until it is disposed of. */
export class WarmMemory implements AsyncDisposable {
  readonly #warmer: ActorProcess

  private constructor(warmer: ActorProcess) {
    this.#warmer = warmer
  }

  /**
   * Warms it, which may take a minute. Undefined where that does not work: the kernel does not say what is
   * free, or reading a file does not take it, as on a filesystem in memory.
   */
  static async start(interrupted: Promise<never>): Promise<WarmMemory | undefined> {
    if (freeBytes() === undefined) return undefined
    const warmer = await ActorProcess.start('memory-warmer')
    let isWarm = false
    try {
      const { isDown } = await Promise.race([warmer.ask<Answer>('start'), interrupted])
      isWarm = isDown
    } finally {
      if (!isWarm) await warmer[Symbol.asyncDispose]()
    }
    return isWarm ? new WarmMemory(warmer) : undefined
  }

  /** Takes what has become free just now; false where it could not be taken. */
  async topUp(): Promise<boolean> {
    const { isDown } = await this.#warmer.ask<Answer>('topUp')
    return isDown
  }

  /** Gives it back. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#warmer[Symbol.asyncDispose]()
  }
}
