/** What a recovery found and did. A torn tail is a report, not an error. */

/** The outcome of opening a stream. */
export interface RecoveryReport {
  /** How many bytes of batches were looked at. */
  readonly scannedBytes: number
  /** Present when bytes behind the last valid batch were cut off. */
  readonly tornTail?: TornTail
  /** Present when the log is damaged below its end; it is then read-only up to `from`. */
  readonly damage?: Damage
  /** Present when what is left does not say which producers wrote the records that were removed. */
  readonly forgottenProducers?: ForgottenProducers
  /** Index files that were damaged and were rebuilt: so far, for each is looked at when it is first needed. */
  readonly rebuilt: readonly string[]
}

/** Bytes that were cut off; a copy of them is kept. */
export interface TornTail {
  readonly atPosition: number
  readonly truncatedBytes: number
  readonly reason: string
  /** File with the bytes, in the stream's directory. */
  readonly evidence: string
  /** The offset that is assigned next. */
  readonly nextOffset: number
}

/** Producers of removed records: what they send again may be stored twice. */
export interface ForgottenProducers {
  /** The records below it were removed, with the segments they were in. */
  readonly belowOffset: number
  readonly reason: string
}

/** A range of records that cannot be read. */
export interface Damage {
  readonly from: number
  /** The first offset known to be good behind the damage, undefined when there is none. */
  readonly to: number | undefined
  readonly segment: string
  readonly reason: string
}
