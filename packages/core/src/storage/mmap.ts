/**
 * The only file that imports `mmap-io`.
 *
 * The addon has no unmap: a mapping lives for as long as a Buffer refers to it. That is the property
 * the log builds on (a view queued in a socket can never dangle); nothing here works against it.
 */
import { getSystemErrorName } from 'node:util'
import mmapIo from 'mmap-io'

/** The largest size that is mapped: sizes above overflow 32-bit fields in older builds of the addon. */
export const MAPPING_BYTES_MAX = 2 ** 31 - 1

/** Positions in a mapping that are multiples of it begin a page. */
export const PAGE_BYTES = mmapIo.PAGESIZE

/** True when every page of the bytes is in memory. They must begin a page, as the start of a mapping does. */
export function isResident(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return true
  const [absentPages] = mmapIo.incore(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  return absentPages === 0
}

/**
 * Takes whole pages of a mapping out of the process, not out of memory: the next touch of one finds it in the
 * page cache, with all that was stored. False where the system does not want to, as with locked memory.
 */
export function leavePages(bytes: Uint8Array, start: number, length: number): boolean {
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    mmapIo.advise(buffer, start, length, mmapIo.MADV_DONTNEED)
    return true
  } catch {
    return false
  }
}

/** A system or a file system that has no call for it. */
const NO_SUCH_CALL = new Set(['ENOSYS', 'EOPNOTSUPP', 'ENOTSUP'])

/**
 * Gives a file `sizeBytes` bytes that read as zeros, with a block for each of them, in the thread pool and
 * without writing them. False where this cannot be done.
 *
 * @throws {Error} with the `code` of the system, such as `ENOSPC`.
 */
export function reserveBlocks(descriptor: number, sizeBytes: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    mmapIo.reserve(descriptor, sizeBytes, (errno) => {
      const code = errno === 0 ? '' : getSystemErrorName(-errno)
      if (code === '') resolve(true)
      else if (NO_SUCH_CALL.has(code)) resolve(false)
      else reject(Object.assign(new Error(`${code}: fallocate`), { code, errno: -errno }))
    })
  })
}

/**
 * Maps the first `sizeBytes` bytes of an open file, shared.
 *
 * @throws {RangeError} when the size is not an integer from 1 to {@link MAPPING_BYTES_MAX}.
 */
export function mapFile(descriptor: number, sizeBytes: number, mode: 'read' | 'write'): Uint8Array {
  if (!Number.isInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > MAPPING_BYTES_MAX) {
    throw new RangeError(`cannot map ${sizeBytes} bytes, allowed are 1 to ${MAPPING_BYTES_MAX}`)
  }
  const protection = mode === 'write' ? mmapIo.PROT_READ | mmapIo.PROT_WRITE : mmapIo.PROT_READ
  const buffer = mmapIo.map(sizeBytes, protection, mmapIo.MAP_SHARED, descriptor, 0)
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}
