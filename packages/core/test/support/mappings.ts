/** What this process has mapped, as Linux tells it, and the collector that lets go of mappings. */

import { readFileSync } from 'node:fs'
import { collectGarbage as collectOnce } from '../../src/io/collect-garbage.js'

export interface Mapping {
  /** Of the file, without the mark of a file that is gone. */
  readonly path: string
  readonly sizeBytes: number
  /** The file has no name any more: it is there for as long as it is mapped. */
  readonly isDeleted: boolean
}

const DELETED = ' (deleted)'

/** The mappings of files below `root`. */
export function mappingsBelow(root: string): Mapping[] {
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const at = line.indexOf(root)
      if (at < 0) return []
      const [start = 0, end = 0] = (line.split(' ')[0] ?? '')
        .split('-')
        .map((hex) => parseInt(hex, 16))
      const isDeleted = line.endsWith(DELETED)
      const path = isDeleted ? line.slice(at, -DELETED.length) : line.slice(at)
      return [{ path, sizeBytes: end - start, isDeleted }]
    })
}

export function bytesOf(mappings: readonly Mapping[]): number {
  return mappings.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

/** Collects garbage; mappings are let go behind it, in a turn of their own. */
export async function collectGarbage(): Promise<void> {
  for (let at = 0; at < 5; at += 1) {
    collectOnce()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
