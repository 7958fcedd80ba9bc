/** What a verification reports. Plain values: the whole of it can be written as JSON. */
import type { Gap } from '../log/gap.js'
import type { DefectCode } from './fault.js'

/** Something that is wrong with a stored stream and that no crash explains. */
export interface Defect {
  /** The file it is in; for records that are missing between files, the one behind them. */
  readonly segment: string
  readonly positionBytes: number
  /** Exclusive. */
  readonly endPositionBytes: number
  /** The first record that cannot be read because of it; null when that is not known. */
  readonly fromOffset: number | null
  /** The next one that can, `fromOffset` when none is lost; null when nothing is known to follow. */
  readonly toOffset: number | null
  readonly code: DefectCode
  /** Lower case, actual then allowed. */
  readonly message: string
}

/** Something that is not as it should be and harms nothing. */
export interface VerificationWarning {
  readonly file: string
  readonly message: string
}

/** Bytes behind the end of the log that the next opening cuts off and keeps as evidence. */
export interface TornTailFinding {
  readonly segment: string
  readonly positionBytes: number
  /** In this segment, and of whole segments behind it. */
  readonly lengthBytes: number
  /** The offset that is assigned next. */
  readonly endOffset: number
  readonly message: string
}

/** What was found of one stream. */
export interface StreamVerification {
  readonly name: string
  readonly segments: number
  /** Valid batches, and the records in them. */
  readonly batches: number
  readonly records: number
  /** Size of the segment files. */
  readonly bytes: number
  readonly startOffset: number
  /** The end of what is valid; beside a running writer, of what was when it was looked at. */
  readonly endOffset: number
  /** Empty: every record from `startOffset` to `endOffset` outside the gaps can be read. */
  readonly defects: readonly Defect[]
  readonly warnings: readonly VerificationWarning[]
  readonly tornTail?: TornTailFinding
  /** Ranges whose records a repair gave up. */
  readonly gaps: readonly Gap[]
  /** Files with bytes that were taken out of the log earlier. */
  readonly evidence: readonly string[]
}

/** What was found of a data directory. */
export interface StoreVerification {
  readonly directory: string
  /** True when nothing has a defect. */
  readonly isSound: boolean
  /** By name. */
  readonly streams: readonly StreamVerification[]
  /** Of the data directory itself. */
  readonly defects: readonly Defect[]
  readonly warnings: readonly VerificationWarning[]
}

/** How far a verification is. */
export interface VerificationProgress {
  /** Never decreases; `totalBytes` at the end. */
  readonly checkedBytes: number
  /** Size of all segment files when the verification began. */
  readonly totalBytes: number
  /** The stream that is looked at. */
  readonly stream: string
}
