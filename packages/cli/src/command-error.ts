/**
 * An error that the command itself finds, before or beside what the packages report.
 *
 * It has a code for `tailrace: <message> (CODE)` like theirs, and knows how the command ends. It is not
 * a `TailraceError`: its codes concern people at a terminal, not applications.
 */

import { type ExitName } from './exit-codes.js'

/** The codes, and how a command that meets one ends. */
const EXIT_BY_CODE = {
  /** Arguments that make no sense. */
  USAGE: 'usage',
  /** Input that cannot be published as it is. */
  BAD_INPUT: 'usage',
  /** A removal that nobody confirmed. */
  NOT_CONFIRMED: 'usage',
  /** A file that holds no segment. */
  NOT_A_SEGMENT: 'usage',
  /** An address that the operating system does not give to a server. */
  CANNOT_LISTEN: 'unavailable',
  /** Records that were asked for went away while they were read. */
  RECORDS_GONE: 'notFound',
  /** A range of a segment in which there is no record. */
  NO_RECORDS: 'notFound',
  /** Records of a bench that came twice, out of order or not at all. */
  WRONG_DELIVERY: 'unexpected',
  /** Damage, already reported where it was found. */
  DAMAGED: 'corrupt',
} as const satisfies Record<string, ExitName>

/** A code of {@link CommandError}. */
export type CommandErrorCode = keyof typeof EXIT_BY_CODE

/** The command cannot do what was asked, and says why in one line. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: CommandErrorCode

  constructor(code: CommandErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  /** How the command ends. */
  get exitName(): ExitName {
    return EXIT_BY_CODE[this.code]
  }
}

/** Arguments that make no sense. */
export function usageError(message: string): CommandError {
  return new CommandError('USAGE', message)
}
