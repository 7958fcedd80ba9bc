import { StorageError, type StorageErrorCode } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { errnoCode, storageErrorOf } from '../../../src/storage/storage-error.js'

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: something`), { code })
}

describe('storageErrorOf', () => {
  it.each<[string, StorageErrorCode]>([
    ['ENOSPC', 'NO_SPACE'],
    ['EDQUOT', 'NO_SPACE'],
    ['EFBIG', 'NO_SPACE'],
    ['EACCES', 'STORE_NOT_WRITABLE'],
    ['EPERM', 'STORE_NOT_WRITABLE'],
    ['EROFS', 'STORE_NOT_WRITABLE'],
    ['EIO', 'IO_ERROR'],
    ['ENOENT', 'IO_ERROR'],
    ['EMFILE', 'IO_ERROR'],
  ])('makes %s %s', (errno, code) => {
    const cause = systemError(errno)
    const error = storageErrorOf(cause, 'writing', 'a/b')
    expect(error).toMatchObject({ code, cause, details: { path: 'a/b', errno } })
    expect(error.message).toContain('writing "a/b"')
  })

  it('keeps an error that is typed already, and what has no code as its cause', () => {
    const typed = new StorageError('NO_SPACE', 'full')
    expect(storageErrorOf(typed, 'writing', 'a')).toBe(typed)
    for (const thrown of ['text', undefined, null, new Error('plain'), { code: 5 }]) {
      const error = storageErrorOf(thrown, 'writing', 'a')
      expect(error).toMatchObject({ code: 'IO_ERROR', details: { errno: 'unknown' } })
      expect(error.cause).toBe(thrown)
    }
    expect(errnoCode(systemError('EIO'))).toBe('EIO')
    expect(errnoCode('EIO')).toBeUndefined()
  })
})
