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

/** Whether the stream has to be there. `unsure`: it is being created or deleted, or that has failed. */
export type Presence = 'present' | 'unsure' | 'absent'

/** What every shadow is made with. */
export interface ShadowOptions {
  readonly name: string
  readonly durability: 'fsync' | 'relaxed'
  /** Retention may remove records at any time. */
  readonly isRetained: boolean
  /** Tells streams apart that bear one name, one after another. */
  readonly incarnation: number
}

/** The shadow of one stream, kept up by the workload. */
export class ShadowStream {
  readonly options: ShadowOptions
  presence: Presence = 'unsure'
  /** Records by offset, as far as the log has said where they are. */
  readonly known: (string | undefined)[] = []
  /** Submitted, in order; whether and where they are stored was not said. */
  readonly inFlight: string[] = []
  /** The offset below which everything was acknowledged as durable. */
  acknowledgedEnd = 0
  /** The start after the last trim that was acknowledged. */
  trimmedTo = 0
  /** The start after the last trim that was asked for, which a crash may or may not have kept. */
  trimAskedTo = 0
  /** The epoch under which readers know the stream. */
  knownEpoch = 0
  readonly producer: ShadowProducer
  readonly cursor: ShadowCursor = { name: 'reader', offsets: [], acknowledged: -1 }
  /** An oracle has appended its own record before the power was cut again: it may be the last one. */
  mayHaveJudgesRecord = false

  constructor(options: ShadowOptions) {
    this.options = options
    this.producer = { name: `${options.name}-producer`, nextSequence: 0, acknowledgedTo: 0 }
  }

  /** Name of the stream. */
  get name(): string {
    return this.options.name
  }

  /** The log has said that these values are stored from an offset on. */
  stored(baseOffset: number, values: readonly string[]): void {
    for (const [at, value] of values.entries()) this.known[baseOffset + at] = value
    this.withdraw(values)
  }

  /** These values are known to be stored, or never will be. */
  withdraw(values: readonly string[]): void {
    for (const value of values) {
      const at = this.inFlight.indexOf(value)
      if (at >= 0) this.inFlight.splice(at, 1)
    }
  }

  /** Everything below the offset was acknowledged as durable. */
  acknowledge(endOffset: number): void {
    this.acknowledgedEnd = Math.max(this.acknowledgedEnd, endOffset)
  }

  /** A copy as of now, for a check that runs later. */
  snapshot(): ShadowStream {
    const copy = new ShadowStream(this.options)
    copy.presence = this.presence
    copy.known.push(...this.known)
    copy.inFlight.push(...this.inFlight)
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
