/**
 * What counts as on the disk was synced, and when it was whole. No test that reads files back can see that, as
 * the page cache is as good as the disk until the power goes: so the calls themselves are watched here.
 */
import type * as FileSystem from 'node:fs'
import { mkdirSync, readFileSync, readlinkSync } from 'node:fs'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { MappedStorage } from '../../../src/storage/mapped-storage.js'
import { syncPath, writeWhole } from '../../../src/storage/whole-files.js'
import { errorOf, thrownBy } from '../../support/errors.js'
import { temporaryDirectory } from '../../support/temporary.js'

type Fsync = (descriptor: number, done: (error: Error | null) => void) => void

/** What is called instead of `fsync`; it is handed the real one. */
const watch = vi.hoisted(() => ({
  fsync: (real: Fsync, ...call: Parameters<Fsync>): void => {
    real(...call)
  },
}))

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof FileSystem>()
  const fsync: Fsync = (...call) => {
    watch.fsync(real.fsync, ...call)
  }
  return { ...real, default: real, fsync }
})

/** The paths that were synced, in order. */
let synced: string[]

beforeEach(() => {
  synced = []
  watch.fsync = (real, descriptor, done) => {
    synced.push(readlinkSync(`/proc/self/fd/${String(descriptor)}`))
    real(descriptor, done)
  }
})

describe.runIf(process.platform === 'linux')('a file that is written as a whole', () => {
  it('is synced once, with all of its content, before it counts as written', async () => {
    using directory = temporaryDirectory()
    const path = directory.at('file')
    const content = new Uint8Array(3_000_000).map((_, at) => at % 251)
    let contentAtSync: Uint8Array | undefined
    let finishSync: () => void = () => undefined
    const isReached = new Promise<void>((resolve) => {
      watch.fsync = (real, descriptor, done) => {
        synced.push(readlinkSync(`/proc/self/fd/${String(descriptor)}`))
        contentAtSync = new Uint8Array(readFileSync(path))
        finishSync = () => {
          real(descriptor, done)
        }
        resolve()
      }
    })
    let isWritten = false
    const writing = writeWhole(path, content).then(() => {
      isWritten = true
    })
    await Promise.race([isReached, writing])
    expect([synced, isWritten]).toEqual([[path], false])
    expect(contentAtSync !== undefined && Buffer.compare(contentAtSync, content)).toBe(0)
    finishSync()
    await writing
    expect(synced).toEqual([path])
  })

  it('is not, and leaves nothing of its name, where the sync fails', async () => {
    using directory = temporaryDirectory()
    watch.fsync = (_real, _descriptor, done) => {
      done(Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' }))
    }
    expect(await thrownBy(writeWhole(directory.at('a'), new Uint8Array(9)))).toMatchObject({
      code: 'EIO',
    })
    const storage = new MappedStorage(directory.path)
    const error = await errorOf('IO_ERROR', storage.writeFile('b', new Uint8Array(9)))
    expect(error.details).toMatchObject({ path: 'b', errno: 'EIO' })
    expect(storage.readFile('b')).toBeUndefined()
  })
})

describe.runIf(process.platform === 'linux')('a directory', () => {
  it('is synced itself', async () => {
    using directory = temporaryDirectory()
    mkdirSync(directory.at('inner'))
    await syncPath(directory.at('inner'))
    await new MappedStorage(directory.path).syncDirectory('inner')
    expect(synced).toEqual([directory.at('inner'), directory.at('inner')])
  })
})
