/**
 * How the command ends: the one table of exit codes, and which error leads to which.
 *
 * The epilogue of `--help` is made from it, and a test compares it with docs/cli.md. A script may rely
 * on the numbers: they change only in a major release.
 */

import { TailraceError } from '@tailrace/format'

/** One way to end. */
export interface ExitCode {
  /** What the shell sees in `$?`. */
  readonly status: number
  /** When, in half a sentence. */
  readonly meaning: string
}

/** Every way to end. */
export const EXIT_CODES = {
  ok: { status: 0, meaning: 'done' },
  unexpected: { status: 1, meaning: 'failed in a way that has no code of its own' },
  usage: { status: 2, meaning: 'wrong usage, or input that cannot be published' },
  notFound: { status: 3, meaning: 'the stream, record or file that was asked for is not there' },
  unreachable: { status: 4, meaning: 'the server cannot be reached, or was lost for good' },
  unavailable: {
    status: 5,
    meaning: 'the data directory or the port cannot be used: locked, in use, …',
  },
  corrupt: { status: 6, meaning: 'damaged data was found' },
  interrupted: { status: 130, meaning: 'interrupted before the end by Ctrl-C or SIGTERM' },
} as const satisfies Record<string, ExitCode>

/** A way to end, by name. */
export type ExitName = keyof typeof EXIT_CODES

/**
 * How a command ends that met an error with this code and could not go on. Not typed by the registry, so
 * that a new code there does not break the build here; a test sees to it that the two have the same codes.
 */
export const EXIT_BY_ERROR_CODE: Readonly<Record<string, ExitName | undefined>> = {
  TRUNCATED: 'corrupt',
  BAD_MAGIC: 'corrupt',
  UNSUPPORTED_FORMAT_VERSION: 'unexpected',
  CHECKSUM_MISMATCH: 'corrupt',
  INVALID_FIELD: 'corrupt',

  MALFORMED_FRAME: 'unexpected',
  FRAME_TOO_LARGE: 'unexpected',
  UNKNOWN_COMMAND: 'unexpected',
  UNSUPPORTED_PROTOCOL_VERSION: 'unreachable',
  HANDSHAKE_REQUIRED: 'unreachable',
  UNSUPPORTED_SUBPROTOCOL: 'unreachable',
  PEER_SILENT: 'unreachable',

  STREAM_NOT_FOUND: 'notFound',
  STREAM_EXISTS: 'usage',
  INVALID_STREAM_NAME: 'usage',
  OFFSET_OUT_OF_RANGE: 'notFound',
  BATCH_TOO_LARGE: 'usage',
  UNKNOWN_CURSOR: 'notFound',
  CURSOR_CONFLICT: 'unexpected',
  UNAUTHORIZED: 'usage',
  FENCED: 'unexpected',
  OUT_OF_SEQUENCE: 'unexpected',
  EPOCH_MISMATCH: 'notFound',
  EXPECTED_OFFSET_MISMATCH: 'usage',
  INVALID_CONFIG: 'usage',
  UNKNOWN_CHANNEL: 'unexpected',
  INVALID_REQUEST: 'usage',

  IO_ERROR: 'unavailable',
  NO_SPACE: 'unavailable',
  STREAM_CORRUPT: 'corrupt',
  STORE_LOCKED: 'unavailable',
  STREAM_CLOSED: 'notFound',
  STREAM_POISONED: 'unavailable',
  STORE_NOT_WRITABLE: 'unavailable',
  UNSUPPORTED_STORE_VERSION: 'unavailable',
  STORE_CLOSED: 'unexpected',
  STORE_NOT_FOUND: 'unavailable',

  TOO_MANY_CONNECTIONS: 'unreachable',
  TOO_MANY_SUBSCRIPTIONS: 'unreachable',
  THROTTLED: 'unreachable',
  SHUTTING_DOWN: 'unreachable',

  CONNECTION_LOST: 'unreachable',
  CONNECT_FAILED: 'unreachable',
  CONNECT_TIMEOUT: 'unreachable',
  REQUEST_TIMEOUT: 'unreachable',
  CLIENT_CLOSED: 'unexpected',
  ADDRESS_IN_USE: 'unavailable',
  SUBSCRIPTION_CLOSED: 'unexpected',
  PRODUCER_CLOSED: 'unexpected',
  UNKNOWN_SERVER_ERROR: 'unexpected',
}

/** What the operating system says, and how a command ends that met it. */
const EXIT_BY_SYSTEM_CODE: ReadonlyMap<string, ExitName> = new Map([
  ['ENOENT', 'notFound'],
  ['ENOTDIR', 'notFound'],
  ['EISDIR', 'usage'],
])

/** The way to end for an error that was thrown at the command. */
export function exitNameOf(error: unknown): ExitName {
  if (TailraceError.is(error)) return EXIT_BY_ERROR_CODE[error.code] ?? 'unexpected'
  const code = systemCodeOf(error)
  return (code === undefined ? undefined : EXIT_BY_SYSTEM_CODE.get(code)) ?? 'unexpected'
}

/** The code of an error of the operating system (`ENOENT`), undefined for any other. */
export function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error)) return undefined
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' ? code : undefined
}

/** The table as `--help` shows it. */
export function exitCodesText(): string {
  const rows = Object.values(EXIT_CODES).map(
    ({ status, meaning }) => `  ${String(status).padStart(3)}  ${meaning}`,
  )
  return ['Exit codes:', ...rows].join('\n')
}
