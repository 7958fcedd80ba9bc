/** Zeros into a file: how much of it, and what a store into it costs the next sync. */
import { readFileSync } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MappedStorage } from '../../../src/storage/mapped-storage.js'
import { reserveZeros, writeDurableZeros, writeZeros } from '../../../src/storage/write-zeros.js'

const KIB = 1024
const MIB = 1024 * KIB

let directory: string
let handle: FileHandle

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tailrace-zeros-'))
  handle = await open(join(directory, 'file'), 'w+')
})

afterEach(async () => {
  await handle.close()
  await rm(directory, { recursive: true })
})

describe('writing zeros', () => {
  const sizes = [0, 1, 4095, 4096, 4097, 256 * KIB - 1, 256 * KIB, 256 * KIB + 1, 20 * MIB + 5]
  it.each(sizes)('fills a file of %i bytes', async (end) => {
    await writeZeros(handle, { start: 0, end })
    const content = await handle.readFile()
    expect(content.length).toBe(end)
    expect(content.every((byte) => byte === 0)).toBe(true)
  })

  it.each(sizes)('reserves a file of %i bytes: a block for each of them', async (end) => {
    await reserveZeros(handle, end)
    const content = await handle.readFile()
    expect(content.length).toBe(end)
    expect(content.every((byte) => byte === 0)).toBe(true)
    const { blocks } = await handle.stat()
    expect(blocks * 512).toBeGreaterThanOrEqual(end)
  })

  it('leaves what is before the start and behind the end', async () => {
    const filled = Buffer.alloc(3 * MIB, 7)
    await handle.write(filled, 0, filled.length, 0)
    const [start, end] = [5000, 2 * MIB + 11]
    await writeZeros(handle, { start, end })
    const content = Buffer.alloc(filled.length)
    await handle.read(content, 0, content.length, 0)
    expect(content.equals(filled.fill(0, start, end))).toBe(true)
  })

  it('fails as the write does', async () => {
    const readOnly = await open(join(directory, 'file'), 'r')
    const written = writeZeros(readOnly, { start: 0, end: 8 * MIB })
    await expect(written).rejects.toMatchObject({ code: 'EBADF', syscall: 'write' })
    await readOnly.close()
    expect((await handle.stat()).size).toBe(0)
  })

  it('syncs what is to be durable a MiB at a time, and all of it in the end', async () => {
    const sizesAtSync: number[] = []
    const sizeNow = async (): Promise<number> => (await handle.stat()).size
    const sync = handle.sync.bind(handle)
    const datasync = handle.datasync.bind(handle)
    handle.datasync = async () => {
      sizesAtSync.push(await sizeNow())
      await datasync()
    }
    handle.sync = async () => {
      sizesAtSync.push(await sizeNow())
      await sync()
    }
    const end = 3 * MIB + 5
    await writeDurableZeros(handle, end)
    expect(sizesAtSync).toEqual([MIB, 2 * MIB, 3 * MIB, end])
    expect((await handle.readFile()).every((byte) => byte === 0)).toBe(true)
  })

  it.runIf(process.platform === 'linux')('lets a sync of one page write little more', async () => {
    const file = await new MappedStorage(directory).create('prepared', 16 * MIB)
    const before = bytesToWrite()
    file.bytes[10] = 1
    expect(bytesToWrite() - before).toBeLessThanOrEqual(4 * KIB)
    file.bytes[9 * MIB] = 1
    expect(bytesToWrite() - before).toBeLessThanOrEqual((4 + 256) * KIB)
    file.close()
  })
})

/** What this process has so far marked as changed in the page cache. */
function bytesToWrite(): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
}
