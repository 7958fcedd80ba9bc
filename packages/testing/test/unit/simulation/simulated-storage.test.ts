/** The fault model of the simulated disk: each fault leaves what the header of the file says, no more. */

import type { StorageFile } from '@tailrace/core'
import { StorageError } from '@tailrace/format'
import { describe, expect, it } from 'vitest'

import { DiskFaults, Random, SimulatedStorage, type FaultKind } from '../../../src/index.js'

const PAGE_BYTES = 4096
const SECTOR_BYTES = 512
const SEEDS = Array.from({ length: 100 }, (_, at) => at + 1)

async function errorOf(action: Promise<unknown>): Promise<StorageError> {
  try {
    await action
  } catch (error) {
    if (error instanceof StorageError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

function thrownBy(action: () => void): StorageError {
  try {
    action()
  } catch (error) {
    if (error instanceof StorageError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

function twos(count: number): Uint8Array {
  return new Uint8Array(count).fill(2)
}

function fill(file: StorageFile, byte: number): void {
  file.bytes.fill(byte)
  file.wrote(0, file.bytes.length)
}

/** A disk with one durable file of two pages of ones, and its faults. */
async function diskOfOnes(seed = 1): Promise<{
  storage: SimulatedStorage
  file: StorageFile
  faults: DiskFaults
}> {
  const storage = SimulatedStorage.empty()
  const file = await storage.create('file', 2 * PAGE_BYTES)
  fill(file, 1)
  await file.sync()
  await storage.syncDirectory('')
  const faults = new DiskFaults(new Random(seed))
  storage.faults = faults
  return { storage, file, faults }
}

/** Which values the sectors have; a sector of mixed values would be torn itself. */
function sectorsOf(bytes: Uint8Array): number[] {
  return Array.from({ length: bytes.length / SECTOR_BYTES }, (_, at) => {
    const sector = bytes.subarray(at * SECTOR_BYTES, (at + 1) * SECTOR_BYTES)
    expect(new Set(sector).size).toBe(1)
    return sector[0] ?? -1
  })
}

describe('a crash', () => {
  it('leaves any subset of the sectors that were not synced, never a part of one', async () => {
    const { storage, file } = await diskOfOnes()
    fill(file, 2)
    const left = SEEDS.map((seed) => sectorsOf(storage.crash(new Random(seed)).contentOf('file')))
    const kinds = left.map((sectors) => new Set(sectors))
    expect(kinds.some((kind) => kind.size === 1 && kind.has(1))).toBe(true)
    expect(kinds.some((kind) => kind.size === 1 && kind.has(2))).toBe(true)
    expect(left.some((sectors) => new Set(sectors.slice(0, 8)).size === 2)).toBe(true)
    expect([...file.bytes].every((byte) => byte === 2)).toBe(true)
  })

  it('leaves any subset of the names that were not synced, and a rename whole', async () => {
    const { storage } = await diskOfOnes()
    await storage.writeFile('a', new Uint8Array(1))
    await storage.writeFile('b', new Uint8Array(2))
    await storage.rename('file', 'renamed')
    const left = SEEDS.map((seed) => storage.crash(new Random(seed)).paths().sort().join(' '))
    for (const names of left) expect(names.includes('file')).toBe(!names.includes('renamed'))
    expect(new Set(left).size).toBe(8)
  })

  it('is the same for the same seed', async () => {
    const { storage, file } = await diskOfOnes()
    fill(file, 2)
    const contents = [1, 2].map(() => storage.crash(new Random(7)).contentOf('file'))
    expect(contents[0]).toEqual(contents[1])
  })
})

describe('EIO', () => {
  it('of a sync loses any of its sectors for good: a later sync does not write them', async () => {
    const lost = new Set<number>()
    for (const seed of SEEDS) {
      const { storage, file, faults } = await diskOfOnes(seed)
      fill(file, 2)
      faults.failNext('EIO', ({ kind }) => kind === 'sync')
      const error = await errorOf(file.sync())
      expect(error).toMatchObject({ code: 'IO_ERROR', details: { path: 'file', errno: 'EIO' } })
      await file.sync()
      expect(sectorsOf(storage.contentOf('file')).every((value) => value === 2)).toBe(true)
      const sectors = sectorsOf(storage.crash(new Random(seed)).contentOf('file'))
      lost.add(sectors.filter((value) => value === 1).length)

      fill(file, 3)
      await file.sync()
      const rewritten = sectorsOf(storage.crash(new Random(seed)).contentOf('file'))
      expect(rewritten.every((value) => value === 3)).toBe(true)
    }
    expect([...lost]).toEqual(expect.arrayContaining([0, 8, 16]))
  })

  it('of another operation leaves what was done before it', async () => {
    const { storage, faults } = await diskOfOnes()
    faults.failNext('EIO', ({ kind }) => kind === 'rename')
    expect((await errorOf(storage.rename('file', 'other'))).code).toBe('IO_ERROR')
    expect(storage.paths()).toEqual(['file'])
    faults.failNext('EIO', ({ kind }) => kind === 'create')
    expect((await errorOf(storage.create('new', 10))).code).toBe('IO_ERROR')
    expect(storage.paths()).toEqual(['file'])
  })

  it('of a sync of a directory leaves its names unsynced, and the next sync may succeed', async () => {
    const { storage, faults } = await diskOfOnes()
    await storage.writeFile('new', new Uint8Array(1))
    faults.failNext('EIO', ({ kind }) => kind === 'sync-directory')
    expect((await errorOf(storage.syncDirectory(''))).code).toBe('IO_ERROR')
    const names = (): Set<number> =>
      new Set(SEEDS.map((seed) => storage.crash(new Random(seed)).paths().length))
    expect(names()).toEqual(new Set([1, 2]))
    await storage.syncDirectory('')
    expect(names()).toEqual(new Set([2]))
  })
})

describe('ENOSPC', () => {
  it('meets what takes space, by request and by the size of the disk, and nothing else', async () => {
    const { storage, file, faults } = await diskOfOnes()
    const attempts = (): readonly Promise<unknown>[] => [
      storage.create('new', PAGE_BYTES),
      storage.writeFile('other', new Uint8Array(10)),
      storage.resize('file', 3 * PAGE_BYTES),
    ]
    for (let at = 0; at < 3; at += 1) faults.failNext('ENOSPC')
    for (const attempt of attempts()) expect((await errorOf(attempt)).code).toBe('NO_SPACE')
    expect(faults.injected('ENOSPC')).toBe(3)
    storage.capacityBytes = storage.usedBytes
    for (const attempt of attempts()) expect((await errorOf(attempt)).code).toBe('NO_SPACE')
    fill(file, 2)
    await file.sync()
    await storage.resize('file', PAGE_BYTES)
    await storage.create('new', PAGE_BYTES)
    expect(storage.usedBytes).toBe(storage.capacityBytes)
  })
})

describe('a short write', () => {
  it('leaves a part of the content and says so; create leaves nothing', async () => {
    const lengths = new Set<number>()
    const codes = new Set<string>()
    for (const seed of SEEDS) {
      const { storage, faults } = await diskOfOnes(seed)
      faults.failNext('short-write', ({ kind }) => kind === 'write-file')
      codes.add((await errorOf(storage.writeFile('new', new Uint8Array(100).fill(5)))).code)
      const content = storage.contentOf('new')
      expect(content.length).toBeLessThan(100)
      expect(content.every((byte) => byte === 5)).toBe(true)
      lengths.add(content.length)
      faults.failNext('short-write', ({ kind }) => kind === 'resize')
      await errorOf(storage.resize('new', 200))
      expect(storage.contentOf('new').length).toBeLessThan(200)
      faults.failNext('short-write', ({ kind }) => kind === 'create')
      await errorOf(storage.create('created', 100))
      expect(storage.paths().sort()).toEqual(['file', 'new'])
    }
    expect(lengths.size).toBeGreaterThan(20)
    expect([...codes].sort()).toEqual(['IO_ERROR', 'NO_SPACE'])
  })

  it('into an open file leaves a part in its place, which counts as what was not synced', async () => {
    const lengths = new Set<number>()
    const codes = new Set<string>()
    for (const seed of SEEDS) {
      const { storage, file, faults } = await diskOfOnes(seed)
      faults.failNext('short-write', ({ kind }) => kind === 'write')
      const error = thrownBy(() => file.write?.(100, [twos(50), twos(50)]))
      codes.add(error.code)
      const written = file.bytes.filter((byte) => byte === 2).length
      expect(file.bytes.subarray(100, 100 + written).every((byte) => byte === 2)).toBe(true)
      lengths.add(written)
      const left = storage.crash(new Random(seed)).contentOf('file')
      expect([0, written]).toContain(left.filter((byte) => byte === 2).length)
    }
    expect(lengths.size).toBeGreaterThan(20)
    expect([...codes].sort()).toEqual(['IO_ERROR', 'NO_SPACE'])
  })

  it('of a cut, which writes nothing, changes nothing', async () => {
    const { storage, faults } = await diskOfOnes()
    faults.failNext('short-write')
    await errorOf(storage.resize('file', PAGE_BYTES))
    expect(storage.contentOf('file')).toEqual(new Uint8Array(2 * PAGE_BYTES).fill(1))
  })
})

describe('a write into an open file', () => {
  it('is in its bytes at once, on the disk after a sync, and is met before it happens', async () => {
    const { storage, file } = await diskOfOnes()
    const met: string[] = []
    storage.writeHook = ({ kind, path }) => {
      met.push(`${kind} ${path} ${String(file.bytes[PAGE_BYTES])}`)
    }
    file.write?.(PAGE_BYTES - 2, [twos(1), twos(0), twos(5)])
    expect(met).toEqual(['write file 1'])
    expect([...file.bytes.subarray(PAGE_BYTES - 3, PAGE_BYTES + 5)]).toEqual([
      1, 2, 2, 2, 2, 2, 2, 1,
    ])
    const left = SEEDS.map((seed) => storage.crash(new Random(seed)).contentOf('file'))
    expect(new Set(left.map((bytes) => bytes.filter((byte) => byte === 2).length))).toEqual(
      new Set([0, 2, 4, 6]),
    )
    await file.sync()
    expect(storage.crash(new Random(1)).contentOf('file')).toEqual(file.bytes)
  })

  it('is refused beyond the end and once the file is closed', async () => {
    const { file } = await diskOfOnes()
    expect(() => file.write?.(2 * PAGE_BYTES - 1, [twos(2)])).toThrow('beyond the end')
    file.close()
    expect(() => file.write?.(0, [twos(1)])).toThrow('closed file')
    expect(file.bytes.every((byte) => byte === 1)).toBe(true)
  })
})

describe('a bit flip', () => {
  it('changes that bit, for the program and on the disk', async () => {
    const { storage, file } = await diskOfOnes()
    storage.flipBit('file', 5000, 7)
    for (const bytes of [file.bytes, storage.crash(new Random(1)).contentOf('file')]) {
      expect(bytes[5000]).toBe(0x81)
      expect(bytes.filter((byte) => byte !== 1).length).toBe(1)
    }
  })

  it.each([
    [-1, 0],
    [2 * PAGE_BYTES, 0],
    [0, 8],
    [0, -1],
  ])('is refused at byte %i, bit %i, which is not there', async (position, bit) => {
    const { storage } = await diskOfOnes()
    expect(() => {
      storage.flipBit('file', position, bit)
    }).toThrow(RangeError)
  })
})

describe('faults by chance', () => {
  it('strike as often as they are told to, the same for the same seed, and not while off', async () => {
    const run = async (): Promise<string[]> => {
      const { storage } = await diskOfOnes()
      const faults = new DiskFaults(new Random(9), { eio: 0.1, enospc: 0.1, shortWrite: 0.1 })
      storage.faults = faults
      const outcomes: string[] = []
      for (let at = 0; at < 300; at += 1) {
        const outcome = storage.writeFile('new', new Uint8Array(10)).then(
          () => 'done',
          (error: unknown) => (error as StorageError).code,
        )
        outcomes.push(await outcome)
      }
      const kinds: readonly FaultKind[] = ['EIO', 'ENOSPC', 'short-write']
      for (const kind of kinds) expect(faults.injected(kind)).toBeGreaterThan(10)
      faults.isOn = false
      for (let at = 0; at < 100; at += 1) await storage.writeFile('new', new Uint8Array(10))
      return outcomes
    }
    expect(await run()).toEqual(await run())
  })
})
