/** Turns errors of the operating system into typed storage errors. */
import { StorageError } from '@tailrace/format'

const NO_SPACE_CODES = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
/** Of the process, and of the machine. */
const TOO_MANY_OPEN_CODES = new Set<unknown>(['EMFILE', 'ENFILE'])
const NOT_WRITABLE_CODES = new Set(['EACCES', 'EPERM', 'EROFS'])

/**
 * Names what happened (`NO_SPACE`, `STORE_NOT_WRITABLE`, otherwise `IO_ERROR`), keeps the cause.
 * An error that is already a StorageError is returned as it is.
 */
export function storageErrorOf(cause: unknown, doing: string, path: string): StorageError {
  if (cause instanceof StorageError) return cause
  const errno = errnoCode(cause)
  const details = { path, errno: errno ?? 'unknown' }
  if (errno !== undefined && NO_SPACE_CODES.has(errno)) {
    const message = `no space left while ${doing} "${path}"; free some space, appends then work again`
    return new StorageError('NO_SPACE', message, { cause, details })
  }
  if (errno !== undefined && NOT_WRITABLE_CODES.has(errno)) {
    const message = `not permitted (${errno}) while ${doing} "${path}"; check the owner and the mode of the data directory`
    return new StorageError('STORE_NOT_WRITABLE', message, { cause, details })
  }
  return new StorageError('IO_ERROR', `${errno ?? String(cause)} while ${doing} "${path}"`, {
    cause,
    details,
  })
}

/** True of the error of an opening for which there was no descriptor. */
export function hasTooManyOpenFiles(error: unknown): boolean {
  return error instanceof StorageError && TOO_MANY_OPEN_CODES.has(error.details['errno'])
}

/** What a write needed, and what the disk had when it failed. */
export interface Space {
  readonly neededBytes: number
  /** Undefined where the system does not say. */
  readonly availableBytes: number | undefined
}

/** Puts numbers into a NO_SPACE; any other error is returned as it is. */
export function withSpace(error: StorageError, space: Space): StorageError {
  if (error.code !== 'NO_SPACE' || space.availableBytes === undefined) return error
  const { neededBytes, availableBytes } = space
  const message = `${error.message} (${neededBytes} bytes needed, ${availableBytes} available)`
  const details = { ...error.details, neededBytes, availableBytes }
  return new StorageError('NO_SPACE', message, { cause: error.cause, details })
}

/** The `code` of a system error, such as `ENOENT`; undefined for anything else. */
export function errnoCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
