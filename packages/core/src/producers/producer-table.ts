/**
 * What the log knows of producers, so that a retry is never stored twice.
 *
 * Per producer: its epoch (an older one is fenced), the last sequence stored, and where its latest
 * records lie, as runs of contiguous sequences and offsets. A lone producer has one run however much
 * it wrote, and a resend is recognised whatever its batch boundaries are.
 *
 * Sequences count records modulo 2^32. Bounded: the producers longest silent are forgotten, and of
 * each only the latest runs are kept; a duplicate older than that is still recognised as one, only its
 * offset is no longer known. The runs of many producers that write in turn would otherwise be what a roll
 * waits for: ten thousand with a thousand runs each made a snapshot of 170 MB.
 */
import { RequestError } from '@tailrace/format'

/** How many producers a stream remembers. */
export const PRODUCERS_MAX = 10_000
/** How many runs are kept of one producer, while there are few. */
export const PRODUCER_RUNS_MAX = 1024
/** Shared by all: the more producers there are, the fewer runs are kept of each. */
export const RUNS_MAX = 32_768
/** However many producers there are. */
const PRODUCER_RUNS_MIN = 4

const SEQUENCE_MODULUS = 2 ** 32
const EPOCH_MODULUS = 2 ** 16

/** The identity fields of a batch. */
export interface ProducedBatch {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordCount: number
}

/** A producer as it was opened. `lastSequence` is −1 when nothing of it is stored or remembered. */
export interface ProducerHandle {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
}

/** Contiguous records of one producer: sequence and offset both grow by one. */
interface Run {
  readonly baseSequence: number
  readonly baseOffset: number
  count: number
}

interface ProducerState {
  epoch: number
  lastSequence: number
  readonly runs: Run[]
}

/** The form in which a table is stored: id, epoch, last sequence, flat triples of runs. */
export type ProducerSnapshot = readonly (readonly [number, number, number, readonly number[]])[]

/** The producers of one stream. */
export class ProducerTable {
  /** In order of last use, the longest silent first. */
  readonly #states = new Map<number, ProducerState>()

  /** How many producers are remembered. */
  get size(): number {
    return this.#states.size
  }

  /** Opens a producer under a new epoch; every handle given out before is fenced. */
  open(producerId: number): ProducerHandle {
    const state = this.#states.get(producerId) ?? { epoch: 0, lastSequence: -1, runs: [] }
    state.epoch = (state.epoch + 1) % EPOCH_MODULUS
    this.#use(producerId, state)
    return { producerId, producerEpoch: state.epoch, lastSequence: state.lastSequence }
  }

  /**
   * Decides about a batch: undefined when it is new and may be appended, the offset of its first
   * record when all of it is stored already (−1 when that offset is no longer known, or when its records
   * lie apart because others were stored between them).
   *
   * @throws {RequestError} FENCED when a newer epoch was opened (or this one never was);
   * OUT_OF_SEQUENCE when records are missing before it or only a part of it is stored.
   */
  duplicateOffset(batch: ProducedBatch): number | undefined {
    const state = this.#states.get(batch.producerId)
    if (state?.epoch !== batch.producerEpoch) throw fenced(batch, state)
    if (state.lastSequence < 0) return undefined
    const ahead = distance(state.lastSequence + 1, batch.baseSequence)
    if (ahead === 0) return undefined
    const behind = SEQUENCE_MODULUS - ahead
    if (ahead < behind || behind < batch.recordCount) throw outOfSequence(batch, state)
    return offsetOf(state, batch)
  }

  /** Takes note of a stored batch, from an append or from the scan of a recovery. */
  note(batch: ProducedBatch, baseOffset: number): void {
    const state = this.#states.get(batch.producerId) ?? { epoch: 0, lastSequence: -1, runs: [] }
    state.epoch = batch.producerEpoch
    state.lastSequence = (batch.baseSequence + batch.recordCount - 1) % SEQUENCE_MODULUS
    const last = state.runs.at(-1)
    if (last !== undefined && continues(last, batch.baseSequence, baseOffset)) {
      last.count += batch.recordCount
    } else {
      state.runs.push({ baseSequence: batch.baseSequence, baseOffset, count: batch.recordCount })
      this.#limitRuns(state)
    }
    this.#use(batch.producerId, state)
  }

  /** The table as plain numbers, for a snapshot. Of producers that fell silent surplus runs go first. */
  snapshot(): ProducerSnapshot {
    for (const state of this.#states.values()) this.#limitRuns(state)
    return [...this.#states].map(([producerId, { epoch, lastSequence, runs }]) => [
      producerId,
      epoch,
      lastSequence,
      runs.flatMap((run) => [run.baseSequence, run.baseOffset, run.count]),
    ])
  }

  /** The table of a snapshot. @throws {TypeError} when it is not one. */
  static restore(snapshot: unknown): ProducerTable {
    const table = new ProducerTable()
    if (!Array.isArray(snapshot)) throw new TypeError('a producer snapshot is an array')
    for (const entry of snapshot as unknown[]) {
      if (!Array.isArray(entry) || entry.length !== 4)
        throw new TypeError('a producer has 4 fields')
      const [producerId, epoch, lastSequence, flat] = entry as unknown[]
      table.#states.set(requireInteger(producerId), {
        epoch: requireInteger(epoch),
        lastSequence: requireInteger(lastSequence),
        runs: runsOf(flat),
      })
    }
    return table
  }

  #limitRuns({ runs }: ProducerState): void {
    const share = Math.floor(RUNS_MAX / Math.max(1, this.#states.size))
    const surplus = runs.length - Math.min(PRODUCER_RUNS_MAX, Math.max(PRODUCER_RUNS_MIN, share))
    if (surplus > 0) runs.splice(0, surplus)
  }

  /** Moves the producer to the end of the order of use and forgets the longest silent one. */
  #use(producerId: number, state: ProducerState): void {
    this.#states.delete(producerId)
    this.#states.set(producerId, state)
    if (this.#states.size <= PRODUCERS_MAX) return
    const [oldest] = this.#states.keys()
    if (oldest !== undefined) this.#states.delete(oldest)
  }
}

/** Where the stored records begin; −1 when that is forgotten, or when other records lie between them. */
function offsetOf(state: ProducerState, { baseSequence, recordCount }: ProducedBatch): number {
  // Newest first: what is resent is what was sent last.
  for (let at = state.runs.length - 1; at >= 0; at -= 1) {
    const run = state.runs[at]
    if (run === undefined) break
    const delta = distance(run.baseSequence, baseSequence)
    if (delta < run.count) return delta + recordCount <= run.count ? run.baseOffset + delta : -1
  }
  return -1
}

function continues(run: Run, baseSequence: number, baseOffset: number): boolean {
  const isNextSequence = (run.baseSequence + run.count) % SEQUENCE_MODULUS === baseSequence
  // A run never spans half of the sequence space, so that distances within it stay unambiguous.
  return isNextSequence && run.baseOffset + run.count === baseOffset && run.count < 2 ** 30
}

/** How far `to` lies after `from`, modulo 2^32. */
function distance(from: number, to: number): number {
  return (((to - from) % SEQUENCE_MODULUS) + SEQUENCE_MODULUS) % SEQUENCE_MODULUS
}

function fenced(batch: ProducedBatch, state: ProducerState | undefined): RequestError {
  const current = state === undefined ? 'none' : String(state.epoch)
  const message =
    `producer ${batch.producerId} writes with epoch ${batch.producerEpoch}, current is ${current}: ` +
    'another process opened it since; stop, or open the producer again'
  const details = { producerId: batch.producerId, producerEpoch: batch.producerEpoch }
  return new RequestError('FENCED', message, { details })
}

function outOfSequence(batch: ProducedBatch, state: ProducerState): RequestError {
  const expectedSequence = (state.lastSequence + 1) % SEQUENCE_MODULUS
  const message =
    `batch of producer ${batch.producerId} begins at sequence ${batch.baseSequence} with ` +
    `${batch.recordCount} records, expected ${expectedSequence}`
  const details = { expectedSequence, actualSequence: batch.baseSequence }
  return new RequestError('OUT_OF_SEQUENCE', message, { details })
}

function runsOf(flat: unknown): Run[] {
  if (!Array.isArray(flat) || flat.length % 3 !== 0) throw new TypeError('runs are triples')
  const numbers = (flat as unknown[]).map(requireInteger)
  const runs: Run[] = []
  for (let at = 0; at + 2 < numbers.length; at += 3) {
    const [baseSequence = 0, baseOffset = 0, count = 0] = numbers.slice(at, at + 3)
    runs.push({ baseSequence, baseOffset, count })
  }
  return runs
}

function requireInteger(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new TypeError(`${String(value)} is not an integer`)
  }
  return value
}
