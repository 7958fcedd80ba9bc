/**
 * Which segment files `dump` is to look at.
 */

import { parseSegmentFileName } from '@tailrace/format'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'

import { CommandError } from '../command-error.js'
import { overlaps, type OffsetRange } from './offset-range.js'

/**
 * The file itself, or those segments of a stream's directory that may have records of the range, in the
 * order of their offsets.
 *
 * @throws {CommandError} NOT_A_SEGMENT when a directory has none
 * @throws the operating system's error when there is no such file
 */
export async function findSegments(target: string, range: OffsetRange): Promise<readonly string[]> {
  if (!(await stat(target)).isDirectory()) return [target]
  const names = await readdir(target)
  const segments = names
    .flatMap((name) => {
      const baseOffset = parseSegmentFileName(name)
      return baseOffset === undefined ? [] : [{ name, baseOffset }]
    })
    .sort((left, right) => left.baseOffset - right.baseOffset)
  if (segments.length === 0) throw noSegments(target)
  return segments
    .filter(({ baseOffset }, i) => overlaps(range, baseOffset, segments[i + 1]?.baseOffset))
    .map(({ name }) => path.join(target, name))
}

function noSegments(target: string): CommandError {
  const expected = 'must be a segment file, or the directory of a stream (<data>/streams/<stream>)'
  return new CommandError('NOT_A_SEGMENT', `${target} has no segment files (*.log); it ${expected}`)
}
