/** Looking at and meddling with the files of a stream. */

import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The directory of a stream. */
export function streamDirectory(root: string, stream: string): string {
  return join(root, 'streams', stream)
}

/** The segment files of a stream, in order. */
export function segmentFiles(root: string, stream: string): string[] {
  return filesOf(root, stream).filter((name) => name.endsWith('.log'))
}

/** All files of a stream, sorted by name. */
export function filesOf(root: string, stream: string): string[] {
  return readdirSync(streamDirectory(root, stream)).sort()
}

/** Bytes of all segment files of a stream, as the file system says. */
export function segmentBytes(root: string, stream: string): number {
  return segmentFiles(root, stream)
    .map((name) => statSync(join(streamDirectory(root, stream), name)).size)
    .reduce((sum, size) => sum + size, 0)
}

/** The whole directory as it is now, as a process killed at this moment would leave it. */
export function copyDirectory(from: string, to: string): string {
  cpSync(from, to, { recursive: true })
  return to
}

/** Reads a file, lets `change` work on the bytes in place or return others, writes it back. */
export function patchFile(
  path: string,
  change: (bytes: Uint8Array) => Uint8Array | undefined,
): void {
  const content = readFileSync(path)
  const bytes = new Uint8Array(content)
  writeFileSync(path, change(bytes) ?? bytes)
}

/** Flips one bit of a file. */
export function flipBit(path: string, position: number, bit: number): void {
  patchFile(path, (bytes) => {
    bytes[position] = (bytes[position] ?? 0) ^ (1 << bit)
    return bytes
  })
}
