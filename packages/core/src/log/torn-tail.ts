/**
 * Cuts a torn tail: keeps the bytes as evidence, then makes them zero again.
 *
 * Every byte behind the last batch must be zero before anything is appended, also where the commit word
 * is zero already: a shorter batch written over half of a longer one would otherwise be followed by
 * what is left of that one.
 */
import { BATCH_ALIGNMENT_BYTES, BATCH_HEADER_BYTES, inspectBatch } from '@tailrace/format'
import type { SegmentBytes } from '../segments/segment-bytes.js'
import { overwriteRange } from '../storage/overwrite.js'
import type { Storage } from '../storage/storage-port.js'

/** Compared at once: the processor does that some ten times as fast as a loop. */
const ZEROS = Buffer.alloc(64 * 1024)

/** The position after the last non-zero byte at or behind `start`; `start` when all are zero. */
export function endOfNonZero(bytes: Uint8Array, start: number): number {
  let end = Math.max(bytes.length, start)
  while (end - start >= ZEROS.length && isZero(bytes, end - ZEROS.length, end)) end -= ZEROS.length
  while (end > start && bytes[end - 1] === 0) end -= 1
  return end
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  return ZEROS.compare(bytes, start, end) === 0
}

/**
 * The first valid batch behind `position`, and before `limit`, with an offset of at least `nextOffset`;
 * undefined if none.
 */
export function laterBatch(
  contents: SegmentBytes,
  position: number,
  { nextOffset, limit }: { readonly nextOffset: number; readonly limit: number },
): { readonly position: number; readonly baseOffset: number } | undefined {
  const bytes = contents.bytes.subarray(0, limit)
  const start = Math.ceil((position + 1) / BATCH_ALIGNMENT_BYTES) * BATCH_ALIGNMENT_BYTES
  const end = endOfNonZero(bytes, start)
  for (let at = start; at + BATCH_HEADER_BYTES <= end; at += BATCH_ALIGNMENT_BYTES) {
    if (bytes[at] !== 0x54 || inspectBatch(bytes, at, bytes.length, 'whole') !== undefined) continue
    const baseOffset = contents.baseOffsetAt(at)
    if (baseOffset >= nextOffset) return { position: at, baseOffset }
  }
  return undefined
}

/** A name for evidence that no earlier evidence has: `<label>.torn`, else `<label>.<n>.torn`. */
export async function freeEvidenceName(
  storage: Storage,
  directory: string,
  label: string,
): Promise<string> {
  const names = new Set((await storage.list(directory)).map(({ name }) => name))
  for (let count = 0; ; count += 1) {
    const name = count === 0 ? `${label}.torn` : `${label}.${count}.torn`
    if (!names.has(name)) return name
  }
}

/** Copies `[start, end)` beside the log, then stores zeros over it and syncs. Returns the copy's name. */
export async function cutTornTail(
  storage: Storage,
  directory: string,
  torn: {
    readonly contents: SegmentBytes
    readonly start: number
    readonly end: number
    readonly label: string
  },
): Promise<string> {
  const { contents, start, end, label } = torn
  const evidence = await freeEvidenceName(storage, directory, `${label}-${start}`)
  await storage.writeFile(`${directory}/${evidence}`, contents.bytes.slice(start, end))
  await storage.syncDirectory(directory)
  overwriteRange(contents.file, { start, end }, (from, to) => new Uint8Array(to - from))
  await contents.file.sync()
  return evidence
}
