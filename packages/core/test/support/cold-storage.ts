/**
 * The real storage as if nothing of its files were in memory: each page is cold until it was read ahead. A
 * test sees what was asked for, and may have the disk fail.
 */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { MappedStorage, type StorageFile } from '../../src/index.js'

/** What one look ahead has asked for. */
export interface Asked {
  readonly path: string
  readonly start: number
  readonly end: number
}

export class ColdStorage extends MappedStorage {
  /** What was read, in order. Looks at what was there already are not in it. */
  readonly asked: Asked[] = []
  /** Files of which beginning and end were read to open them, in order. */
  readonly warmed: string[] = []
  readonly opened: string[] = []
  /** Called before a read; may throw instead. */
  interfere: (asked: Asked) => void = () => undefined
  readonly #there: Asked[] = []
  readonly #buffers = new Map<string, Set<ArrayBufferLike>>()
  /** How much was begun so far. */
  work = 0
  #underWay = 0

  override open(path: string, mode: 'read' | 'write'): StorageFile {
    this.opened.push(path)
    const file = super.open(path, mode)
    const buffers = this.#buffers.get(path) ?? new Set()
    this.#buffers.set(path, buffers.add(file.bytes.buffer))
    return {
      bytes: file.bytes,
      wrote: (start, end) => {
        file.wrote(start, end)
      },
      sync: () => file.sync(),
      readAhead: (start, end) => this.#readAhead({ path, start, end }),
      close: () => {
        file.close()
      },
    }
  }

  override async warmUp(path: string): Promise<void> {
    this.warmed.push(path)
    await this.#do(() => super.warmUp(path))
  }

  /** True while something is read. */
  get isWorking(): boolean {
    return this.#underWay > 0
  }

  /** What was read of a file: start and end of each. */
  askedOf(path: string): [number, number][] {
    return this.asked.filter((part) => part.path === path).map(({ start, end }) => [start, end])
  }

  /** True when these are bytes of that file. */
  isBytesOf(path: string, bytes: Uint8Array): boolean {
    return this.#buffers.get(path)?.has(bytes.buffer) === true
  }

  /** True when all of the range was read. */
  isThere({ path, start, end }: Asked): boolean {
    let to = start
    const found = this.#there.filter((part) => part.path === path)
    for (const part of found.toSorted((one, other) => one.start - other.start)) {
      if (part.start <= to) to = Math.max(to, part.end)
    }
    return to >= end
  }

  #readAhead(asked: Asked): Promise<void> | undefined {
    return this.isThere(asked) ? undefined : this.#do(() => this.#read(asked))
  }

  async #read(asked: Asked): Promise<void> {
    this.asked.push(asked)
    await nextTurn()
    this.interfere(asked)
    this.#there.push(asked)
  }

  async #do(work: () => Promise<void>): Promise<void> {
    this.work += 1
    this.#underWay += 1
    try {
      await work()
    } finally {
      this.#underWay -= 1
    }
  }
}
