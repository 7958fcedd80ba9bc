/** What a stream must and may hold, kept beside the real one as plain arrays. */

export class ShadowStream {
  /** Everything submitted, by offset: more is invented, less below the acknowledged end is lost. */
  readonly submitted: string[] = []
  /** The offset below which everything was acknowledged as durable. */
  acknowledgedEnd = 0
  /** The start after the last trim that was acknowledged. */
  trimmedTo = 0
  /** The start after the last trim that was asked for, which a crash may or may not have kept. */
  trimAskedTo = 0
  /** An oracle has appended its own record before the power was cut again: it may be the last one. */
  mayHaveJudgesRecord = false
  /** The epoch under which readers know the stream. */
  knownEpoch = 0

  constructor(
    readonly name: string,
    readonly durability: 'fsync' | 'relaxed',
  ) {}

  /** A copy as of now, for a check that runs later. */
  snapshot(): ShadowStream {
    const copy = new ShadowStream(this.name, this.durability)
    copy.submitted.push(...this.submitted)
    copy.acknowledgedEnd = this.acknowledgedEnd
    copy.trimmedTo = this.trimmedTo
    copy.trimAskedTo = this.trimAskedTo
    copy.mayHaveJudgesRecord = this.mayHaveJudgesRecord
    copy.knownEpoch = this.knownEpoch
    return copy
  }
}
