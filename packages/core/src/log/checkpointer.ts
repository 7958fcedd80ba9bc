/**
 * Takes checkpoints: decides when one is due, and stores it once what it speaks of is durable.
 *
 * A checkpoint is taken in the turn in which a commit takes its mark, so that segment and producers are as
 * of that mark, and stored after the commit's sync. So it costs no sync of the log, and no commit waits
 * for it (docs/adr/0016).
 */
import { SEGMENT_HEADER_BYTES } from '@tailrace/format'
import { writeProducerSnapshot } from '../producers/producer-snapshot.js'
import type { ProducerSnapshot, ProducerTable } from '../producers/producer-table.js'
import type { Segment } from '../segments/segment.js'
import type { Storage } from '../storage/storage-port.js'
import { checkpointOf, writeCheckpoint } from './checkpoint.js'
import type { Checkpoint } from './checkpoint.js'
import type { LogMark } from './log-mark.js'

/** At a stop the rest is worth one from this share of the interval on. */
const SHARE_AT_STOP = 8
/** In a large segment the interval grows with the index, all of which is stored each time. */
const SHARE_OF_SEGMENT = 32
/** Each time so many producers are remembered, the interval is longer by once: each of them is stored. */
const PRODUCERS_PER_INTERVAL = 1000

/** What a checkpointer works on. */
export interface CheckpointerOptions {
  readonly storage: Storage
  readonly directory: string
  readonly streamId: string
  readonly producers: ProducerTable
  readonly checkpointBytes: number
  /** What the last checkpoint, of an earlier process, covers. */
  readonly from: { readonly segment: Segment; readonly position: number }
}

/** Segment and producers as of one offset. */
export interface TakenCheckpoint {
  readonly segment: Checkpoint
  readonly producers: { readonly offset: number; readonly producers: ProducerSnapshot }
}

/** Takes the checkpoints of one stream. */
export class Checkpointer {
  readonly #options: CheckpointerOptions
  #segment: Segment
  /** Where the last checkpoint of the segment lies. */
  #position: number
  /** The end of the log that the stored producers are as of. */
  #producersOffset = 0

  constructor(options: CheckpointerOptions) {
    this.#options = options
    this.#segment = options.from.segment
    this.#position = options.from.position
  }

  /** The log as of the mark, which must be its end now; undefined unless a checkpoint is due. */
  take(mark: LogMark, when: 'commit' | 'stop' = 'commit'): TakenCheckpoint | undefined {
    const { checkpointBytes, producers } = this.#options
    const start = this.#segment === mark.segment ? this.#position : SEGMENT_HEADER_BYTES
    const base = checkpointBytes * (1 + producers.size / PRODUCERS_PER_INTERVAL)
    const interval = Math.max(base, mark.position / SHARE_OF_SEGMENT)
    const least = when === 'stop' ? interval / SHARE_AT_STOP : interval
    if (mark.position - start < least) return undefined
    this.#segment = mark.segment
    this.#position = mark.position
    return {
      segment: checkpointOf(mark.segment),
      producers: { offset: mark.offset, producers: producers.snapshot() },
    }
  }

  /** Stores one, once everything below it is durable. @throws {StorageError} NO_SPACE, IO_ERROR. */
  async write({ segment, producers }: TakenCheckpoint): Promise<void> {
    const { storage, directory, streamId } = this.#options
    await this.writeProducers(producers)
    await writeCheckpoint(storage, directory, { streamId, ...segment })
  }

  /**
   * Stores what is known of producers. Never what is older than what is stored: records that only the newer
   * one speaks of may have been removed since.
   */
  async writeProducers(producers: TakenCheckpoint['producers']): Promise<void> {
    if (producers.offset < this.#producersOffset) return
    this.#producersOffset = producers.offset
    await writeProducerSnapshot(this.#options.storage, this.#options.directory, producers)
  }
}
