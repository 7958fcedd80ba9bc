/**
 * Appending to a mapped segment: what the log does with a batch that it was given, and the copy alone.
 *
 * The log is `relaxed` and keeps 64 MiB, so that a run of any length stays within the page cache.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BODY_CHECK_AT } from '@tailrace/format'
import { MappedStorage, openStore } from '@tailrace/core'
import type { Log } from '@tailrace/core'
import type { MicroBench, MicroCase } from '../micro.js'
import { producedBatch } from '../sample-batch.js'

const MIB = 2 ** 20
const SHAPES = {
  '500 × 128 B': { records: 500, recordBytes: 128 },
  '1 × 128 B': { records: 1, recordBytes: 128 },
}

export const appendBench: MicroBench = {
  name: 'core/append',
  async open(size) {
    const parent = process.env['TAILRACE_BENCH_DIR'] ?? tmpdir()
    const directory = await mkdtemp(join(parent, 'tailrace-bench-'))
    const store = await openStore(join(directory, 'store'))
    const storage = new MappedStorage(directory)
    const mapped = await storage.create('mapped', size === 'full' ? 64 * MIB : MIB)
    const cases: MicroCase[] = []
    for (const [index, [name, shape]] of Object.entries(SHAPES).entries()) {
      const batch = producedBatch(shape)
      const count = Math.ceil((size === 'full' ? 8 * MIB : MIB / 8) / Math.max(batch.length, 4096))
      const log = await store.ensure(`shape-${index}`, {
        durability: 'relaxed',
        retention: { maxBytes: 64 * MIB },
      })
      const common = { amount: count, unit: 'batch', unitBytes: batch.length }
      cases.push(
        { ...common, name: `appendBatch, ${name}`, run: () => append(log, batch, count) },
        { ...common, name: `copy only, ${name}`, run: copying(mapped.bytes, batch, count) },
      )
    }
    return {
      cases,
      async close() {
        mapped.close()
        await store.close()
        await rm(directory, { recursive: true })
      },
    }
  },
}

/** Returns how many records this call added. */
async function append(log: Log, batch: Uint8Array, count: number): Promise<number> {
  const { endOffset } = log
  for (let at = 0; at < count; at += 1) {
    while (!log.hasRoomFor(batch.length)) await log.makeRoom(batch.length)
    log.appendBatch(batch)
  }
  return log.endOffset - endOffset
}

/** Goes round in the mapping. Returns a byte of each copy's check, added up. */
function copying(target: Uint8Array, batch: Uint8Array, count: number): () => number {
  let position = 0
  return () => {
    let sum = 0
    for (let at = 0; at < count; at += 1) {
      if (position + batch.length > target.length) position = 0
      target.set(batch, position)
      sum += target[position + BODY_CHECK_AT] ?? 0
      position += batch.length
    }
    return sum
  }
}
