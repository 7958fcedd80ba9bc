/**
 * Which segment files `dump` is to look at.
 */

import { parseSegmentFileName } from '@tailrace/format'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'

import { CommandError } from '../command-error.js'

/**
 * The file itself, or the segments of a stream's directory in the order of their offsets.
 *
 * @throws {CommandError} NOT_A_SEGMENT when a directory has none
 * @throws the operating system's error when there is no such file
 */
export async function findSegments(target: string): Promise<readonly string[]> {
  if (!(await stat(target)).isDirectory()) return [target]
  const names = await readdir(target)
  const segments = names.filter((name) => parseSegmentFileName(name) !== undefined).sort()
  if (segments.length > 0) return segments.map((name) => path.join(target, name))
  const expected = 'must be a segment file, or the directory of a stream (<data>/streams/<stream>)'
  throw new CommandError('NOT_A_SEGMENT', `${target} has no segment files (*.log); it ${expected}`)
}
