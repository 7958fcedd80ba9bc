/** What a stream must and may hold, kept beside the real one as plain arrays. */

/** A named producer of a stream, and how far it got. */
export interface ShadowProducer {
  readonly name: string
  /** The sequence its next record gets. */
  nextSequence: number
  /** The sequence below which everything was acknowledged as durable. */
  acknowledgedTo: number
}

/** A cursor and what was committed to it, in order. */
export interface ShadowCursor {
  readonly name: string
  readonly offsets: number[]
  /** Index in `offsets` of the last commit that was acknowledged, −1 for none. */
  acknowledged: number
}

/** The state of a stream as far as promises about it go. */
export interface ShadowState {
  /** Everything submitted, by offset: more is invented, less below the acknowledged end is lost. */
  readonly submitted: readonly string[]
  /** The offset below which everything was acknowledged as durable. */
  readonly acknowledgedEnd: number
  /** The start after the last trim that was acknowledged. */
  readonly trimmedTo: number
  /** The start after the last trim that was asked for, which a crash may or may not have kept. */
  readonly trimAskedTo: number
  /** The epoch under which readers know the stream. */
  readonly knownEpoch: number
  readonly producer: Readonly<ShadowProducer>
  readonly cursor: Readonly<ShadowCursor>
}

/** The shadow of one stream, kept up by the workload. */
export class ShadowStream implements ShadowState {
  readonly submitted: string[] = []
  acknowledgedEnd = 0
  trimmedTo = 0
  trimAskedTo = 0
  knownEpoch = 0
  readonly producer: ShadowProducer
  readonly cursor: ShadowCursor = { name: 'reader', offsets: [], acknowledged: -1 }
  /** An oracle has appended its own record before the power was cut again: it may be the last one. */
  mayHaveJudgesRecord = false

  constructor(
    readonly name: string,
    readonly durability: 'fsync' | 'relaxed',
    /** Retention may remove records at any time. */
    readonly isRetained: boolean,
  ) {
    this.producer = { name: `${name}-producer`, nextSequence: 0, acknowledgedTo: 0 }
  }

  /** A copy as of now, for a check that runs later. */
  snapshot(): ShadowStream {
    const copy = new ShadowStream(this.name, this.durability, this.isRetained)
    copy.submitted.push(...this.submitted)
    copy.acknowledgedEnd = this.acknowledgedEnd
    copy.trimmedTo = this.trimmedTo
    copy.trimAskedTo = this.trimAskedTo
    copy.knownEpoch = this.knownEpoch
    Object.assign(copy.producer, this.producer)
    copy.cursor.offsets.push(...this.cursor.offsets)
    copy.cursor.acknowledged = this.cursor.acknowledged
    copy.mayHaveJudgesRecord = this.mayHaveJudgesRecord
    return copy
  }
}
