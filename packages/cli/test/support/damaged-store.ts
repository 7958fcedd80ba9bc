/**
 * A real data directory, and ways to damage the files of its streams.
 *
 * Each stream has small batches in several segments, so that damage takes some of its records and leaves
 * others on both sides.
 */

import { inspectSegmentFile, openStore } from '@tailrace/core'
import { createHash } from 'node:crypto'
import { cp, open, readdir, readFile, rm, truncate } from 'node:fs/promises'
import path from 'node:path'

import { TemporaryDirectory } from './server.js'

/** Records of each stream. */
export const RECORD_COUNT = 450
const RECORDS_PER_BATCH = 3
const PAGE_BYTES = 4096

/** The value of a record. */
export function valueOf(offset: number): string {
  return `order ${offset} ${'.'.repeat(500)}`
}

/** What a replay writes that is told of `gaps` (ends exclusive). */
export function linesWithout(gaps: readonly (readonly [number, number])[]): string {
  const isLost = (offset: number) => gaps.some(([from, to]) => offset >= from && offset < to)
  const offsets = Array.from({ length: RECORD_COUNT }, (_, offset) => offset)
  return offsets
    .filter((offset) => !isLost(offset))
    .map((offset) => `${valueOf(offset)}\n`)
    .join('')
}

/** Makes streams, in a data directory that no process has open afterwards. */
export async function makeStore(dataDirectory: string, names: readonly string[]): Promise<void> {
  const store = await openStore(dataDirectory)
  for (const name of names) {
    const log = await store.ensure(name, { segmentBytesMax: '64KiB' })
    for (let offset = 0; offset < RECORD_COUNT; offset += RECORDS_PER_BATCH) {
      await log.append([offset, offset + 1, offset + 2].map((n) => ({ value: valueOf(n) })))
    }
  }
  await store.close()
}

/** A data directory like `dataDirectory`, to be damaged. */
export async function copyOf(dataDirectory: string): Promise<TemporaryDirectory> {
  const copy = await TemporaryDirectory.create()
  await cp(dataDirectory, copy.file('data'), { recursive: true })
  return copy
}

/** A hash over names and contents of everything in a directory. */
export async function hashOf(directory: string): Promise<string> {
  const hash = createHash('sha256')
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.map((entry) => path.join(entry.parentPath, entry.name))
  for (const [i, file] of files.entries()) {
    if (entries[i]?.isFile() === true) hash.update(`${file}\0`).update(await readFile(file))
    else hash.update(`${file}/\0`)
  }
  return hash.digest('hex')
}

/** One way to damage a stream. */
export interface Damage {
  /** Of the stream it is done to. */
  readonly name: string
  /** Damages the stream in this directory; returns which records it loses (end exclusive). */
  readonly inflict: (directory: string) => Promise<readonly [number, number]>
}

/** Damage to a sealed segment, each of which a repair can deal with. */
export const DAMAGES: readonly Damage[] = [
  {
    name: 'flipped-bit',
    inflict: async (directory) => {
      const [, batch] = await batchesOf(directory, 1)
      if (batch === undefined) throw new Error('the segment has one batch')
      await patch(batch.file, (bytes) => {
        const at = batch.position + 200
        bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at)
      })
      return [batch.baseOffset, batch.baseOffset + RECORDS_PER_BATCH]
    },
  },
  {
    name: 'zeroed-page',
    inflict: async (directory) => {
      const batches = await batchesOf(directory, 1)
      const start = 4 * PAGE_BYTES
      const end = start + PAGE_BYTES
      const hit = batches.filter(
        ({ position, batchLength }) => position < end && position + batchLength > start,
      )
      await patch(batches[0]?.file ?? '', (bytes) => bytes.fill(0, start, end))
      return [hit[0]?.baseOffset ?? 0, (hit.at(-1)?.baseOffset ?? 0) + RECORDS_PER_BATCH]
    },
  },
  {
    name: 'cut-file',
    inflict: async (directory) => {
      const batches = await batchesOf(directory, 1)
      const cut = batches[10]
      if (cut === undefined) throw new Error('the segment has less than 11 batches')
      await truncate(cut.file, cut.position + 100)
      return [cut.baseOffset, (batches.at(-1)?.baseOffset ?? 0) + RECORDS_PER_BATCH]
    },
  },
  {
    name: 'deleted-file',
    inflict: async (directory) => {
      const batches = await batchesOf(directory, 1)
      await rm(batches[0]?.file ?? '')
      const [first, last] = [batches[0], batches.at(-1)]
      return [first?.baseOffset ?? 0, (last?.baseOffset ?? 0) + RECORDS_PER_BATCH]
    },
  },
]

/** Damages the header of a batch of the first segment; returns the batch's first offset and the one after it. */
export async function damageHeader(
  directory: string,
  batchIndex: number,
): Promise<readonly [number, number]> {
  const batches = await batchesOf(directory, 0)
  const [hit, next] = batches.slice(batchIndex)
  if (hit === undefined || next === undefined) throw new Error(`no batch behind ${batchIndex}`)
  await patch(hit.file, (bytes) => bytes.write('JUNKJUNK', hit.position, 'latin1'))
  return [hit.baseOffset, next.baseOffset]
}

/** The segment files of a stream's directory, oldest first. */
export async function segmentsOf(directory: string): Promise<readonly string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.log')).sort()
  return names.map((name) => path.join(directory, name))
}

/** Changes a file in place. */
async function patch(file: string, change: (bytes: Buffer) => void): Promise<void> {
  const bytes = await readFile(file)
  change(bytes)
  const handle = await open(file, 'r+')
  await handle.write(bytes, 0, bytes.length, 0)
  await handle.close()
}

interface PlacedBatch {
  readonly file: string
  readonly position: number
  readonly batchLength: number
  readonly baseOffset: number
}

async function batchesOf(directory: string, segmentIndex: number): Promise<readonly PlacedBatch[]> {
  const file = (await segmentsOf(directory))[segmentIndex] ?? ''
  const { batches } = await inspectSegmentFile(file)
  return Array.from(batches).flatMap(({ position, batch }) => {
    if (batch === undefined) return []
    return [{ file, position, batchLength: batch.batchLength, baseOffset: batch.baseOffset }]
  })
}
