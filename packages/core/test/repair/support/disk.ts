/** A stopped stream's files, real or simulated, for a corruptor to work on. */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import {
  BatchView,
  inspectBatch,
  parseSegmentFileName,
  SEGMENT_HEADER_BYTES,
} from '@tailrace/format'
import type { SimulatedStorage } from '@tailrace/testing'
import { DIRECTORY, filesOf, patchDisk } from './simulated.js'

/** What a corruptor may do. */
export interface Disk {
  /** Names of the stream's files, sorted. */
  files(): string[]
  read(file: string): Uint8Array
  write(file: string, bytes: Uint8Array): Promise<void>
  remove(file: string): Promise<void>
}

/** The stream of a simulated disk. */
export function simulatedDisk(storage: SimulatedStorage): Disk {
  return {
    files: () => filesOf(storage),
    read: (file) => storage.contentOf(`${DIRECTORY}/${file}`).slice(),
    write: (file, bytes) => patchDisk(storage, `${DIRECTORY}/${file}`, bytes),
    async remove(file) {
      await storage.remove(`${DIRECTORY}/${file}`)
      await storage.syncDirectory(DIRECTORY)
    },
  }
}

/** The stream of a real directory. */
export function realDisk(root: string): Disk {
  const at = (file: string): string => path.join(root, DIRECTORY, file)
  return {
    files: () => readdirSync(at('')).sort(),
    read: (file) => new Uint8Array(readFileSync(at(file))),
    write: (file, bytes) => {
      mkdirSync(path.dirname(at(file)), { recursive: true })
      writeFileSync(at(file), bytes)
      return Promise.resolve()
    },
    remove: (file) => {
      rmSync(at(file))
      return Promise.resolve()
    },
  }
}

/** A batch where it lies. */
export interface PlacedBatch {
  readonly file: string
  readonly position: number
  readonly end: number
  readonly baseOffset: number
  readonly nextOffset: number
}

/** The batches of each segment, in order. */
export function layoutOf(disk: Disk): PlacedBatch[][] {
  return disk
    .files()
    .filter((file) => parseSegmentFileName(file) !== undefined)
    .map((file) => batchesIn(file, disk.read(file)))
}

function batchesIn(file: string, bytes: Uint8Array): PlacedBatch[] {
  const batches: PlacedBatch[] = []
  let position = SEGMENT_HEADER_BYTES
  while (inspectBatch(bytes, position, bytes.length, 'whole') === undefined) {
    const { batchLength, baseOffset, nextOffset } = new BatchView(bytes, position)
    batches.push({ file, position, end: position + batchLength, baseOffset, nextOffset })
    position += batchLength
  }
  return batches
}

/** Replaces a file by what `change` makes of its bytes. */
export async function patch(
  disk: Disk,
  file: string,
  change: (bytes: Uint8Array) => Uint8Array | undefined,
): Promise<void> {
  const bytes = disk.read(file)
  await disk.write(file, change(bytes) ?? bytes)
}

/** Flips one bit. */
export async function flip(disk: Disk, file: string, position: number): Promise<void> {
  await patch(disk, file, (bytes) => {
    bytes[position] = (bytes[position] ?? 0) ^ 0x10
    return bytes
  })
}

/** Stores bytes that are no batch, the same each time. */
export async function scribble(
  disk: Disk,
  file: string,
  range: { readonly start: number; readonly end: number },
): Promise<void> {
  await patch(disk, file, (bytes) => {
    const end = Math.min(range.end, bytes.length)
    for (let at = range.start; at < end; at += 1) bytes[at] = (at * 31 + 7) & 0xff
    return bytes
  })
}
