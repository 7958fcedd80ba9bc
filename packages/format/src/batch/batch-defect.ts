/**
 * What is wrong with some bytes that should be a batch, as a value.
 *
 * Scanning for the end of data meets invalid bytes as a matter of course, so the inspector returns
 * defects and does not throw; `FormatError`s are made from them where a caller wants to throw.
 */

import { FormatError } from '../errors/error-classes.js'
import { type FormatErrorCode } from '../errors/error-registry.js'

/** Why bytes are not a valid batch. Made only when something is wrong. */
export interface BatchDefect {
  readonly code: FormatErrorCode
  /** Lower case, actual then allowed. */
  readonly message: string
  /** Always has `positionBytes`, where the batch begins; the rest depends on the code. */
  readonly details: Readonly<Record<string, unknown>> & { readonly positionBytes: number }
}

/** A defect as an error. */
export function defectError(defect: BatchDefect): FormatError {
  return new FormatError(defect.code, defect.message, { details: defect.details })
}

/** The batch that begins at `positionBytes` needs more bytes than there are. */
export function truncated(
  positionBytes: number,
  neededBytes: number,
  availableBytes: number,
): BatchDefect {
  return {
    code: 'TRUNCATED',
    message: `batch at position ${positionBytes} has ${availableBytes} of ${neededBytes} bytes`,
    details: { positionBytes, neededBytes, availableBytes },
  }
}

/** A field, or a relation between fields, is not allowed; `problem` reads on after the position. */
export function invalidField(positionBytes: number, field: string, problem: string): BatchDefect {
  return {
    code: 'INVALID_FIELD',
    message: `batch at position ${positionBytes}: ${field} ${problem}`,
    details: { positionBytes, field },
  }
}

/** What a checksum comparison found. */
export interface CheckComparison {
  readonly field: 'headerCheck' | 'bodyCheck'
  readonly stored: number
  readonly computed: number
}

/** A stored checksum is not that of the bytes. */
export function checksumMismatch(positionBytes: number, check: CheckComparison): BatchDefect {
  const { field, stored, computed } = check
  return {
    code: 'CHECKSUM_MISMATCH',
    message: `batch at position ${positionBytes}: ${field} is ${hex(stored)}, its bytes give ${hex(computed)}`,
    details: { positionBytes, field, stored, computed },
  }
}

/** `0x` and at least `digits` lower-case digits. */
export function hex(value: number, digits = 8): string {
  return `0x${value.toString(16).padStart(digits, '0')}`
}
