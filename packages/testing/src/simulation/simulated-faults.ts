/**
 * Faults of a simulated disk while it runs: EIO, ENOSPC and short writes, seeded or one at a time.
 *
 * Apart from the disk, which says what a fault leaves behind, because a test wants to choose where it
 * strikes. What a loss of power does is the disk's `crash`; what time does to the bytes is its `flipBit`.
 */
import { StorageError } from '@tailrace/format'
import { Random } from '../random.js'
import type { Operation } from './operation.js'

/**
 * What an operation meets. `short-write`: a part of the content is written, then the disk says ENOSPC or
 * EIO.
 */
export type FaultKind = 'EIO' | 'ENOSPC' | 'short-write'

/** How often a fault strikes: a probability in [0, 1] for each step that can meet it. Default 0. */
export interface FaultRates {
  readonly eio?: number
  readonly enospc?: number
  readonly shortWrite?: number
}

/** So many of the writes into open files meet faults by chance as other steps do. */
const WRITES_SHARE = 0.2

/** A fault that waits for its operation. */
interface AwaitedFault {
  readonly kind: FaultKind
  readonly matches: (operation: Operation) => boolean
}

/** Decides which operation meets which fault. The same seed and operations, the same faults. */
export class DiskFaults {
  /** Decides, also about what a fault leaves. */
  readonly random: Random
  /** False: no fault by chance; those that were asked for strike all the same. */
  isOn = true
  readonly #rates: FaultRates
  /** Of its own, so that how many writes there are does not shift what the other steps meet. */
  readonly #writeRandom: Random
  readonly #awaited: AwaitedFault[] = []
  readonly #injected = new Map<FaultKind, number>()

  constructor(random: Random, rates: FaultRates = {}) {
    this.random = random
    this.#rates = rates
    this.#writeRandom = new Random(random.seed + 1)
  }

  /** How many faults of a kind have struck. */
  injected(kind: FaultKind): number {
    return this.#injected.get(kind) ?? 0
  }

  /**
   * The next step that matches, and can meet a fault of this kind, meets it. Once; several that were
   * asked for wait side by side.
   */
  failNext(kind: FaultKind, matches: (operation: Operation) => boolean = () => true): void {
    this.#awaited.push({ kind, matches })
  }

  /** The fault that a step meets; undefined for none. */
  decide(operation: Operation): FaultKind | undefined {
    const at = this.#awaited.findIndex(
      ({ kind, matches }) => canMeet(operation, kind) && matches(operation),
    )
    const [awaited] = at < 0 ? [] : this.#awaited.splice(at, 1)
    const kind = awaited?.kind ?? this.#byChance(operation)
    if (kind !== undefined) this.#injected.set(kind, this.injected(kind) + 1)
    return kind
  }

  #byChance(operation: Operation): FaultKind | undefined {
    if (!this.isOn) return undefined
    const { eio = 0, enospc = 0, shortWrite = 0 } = this.#rates
    // Of these there are many, and each that fails is the end of a stream's writing.
    if (operation.kind === 'write' && !this.#writeRandom.chance(WRITES_SHARE)) return undefined
    if (this.random.chance(eio)) return 'EIO'
    if (canMeet(operation, 'ENOSPC') && this.random.chance(enospc)) return 'ENOSPC'
    if (canMeet(operation, 'short-write') && this.random.chance(shortWrite)) return 'short-write'
    return undefined
  }
}

/** Only what takes space can find none, and only what writes content can write a part of it. */
function canMeet({ kind, step }: Operation, fault: FaultKind): boolean {
  if (fault === 'EIO') return true
  // Into blocks that are there. How a part ends is the disk's to say.
  if (kind === 'write') return fault === 'short-write'
  const writes = kind === 'create' || kind === 'write-file' || kind === 'resize'
  return step === 0 && (writes || (fault === 'ENOSPC' && kind === 'create-directory'))
}

/** The error an operation on a real disk would have had. `cause` is what the system would have said. */
export function simulatedError(
  code: 'IO_ERROR' | 'NO_SPACE',
  errno: string,
  path: string,
): StorageError {
  const message = `${errno} (simulated) at "${path}"`
  const cause = new Error(`${errno}: simulated`)
  return new StorageError(code, message, { cause, details: { path, errno } })
}
