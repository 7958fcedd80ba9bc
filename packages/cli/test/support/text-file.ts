/**
 * A real text file to publish: a list of English words, some 270,000 lines, from a package.
 *
 * Like many files it has no newline at its end. `text` is the file with one, as most files are.
 */

import { readFileSync } from 'node:fs'
import wordListPath from 'word-list'

/** Where the file is. */
export const WORDS_FILE = wordListPath

/** The bytes of the file. */
export const WORDS = readFileSync(wordListPath)

/** The bytes of the file, and the newline that it lacks. */
export const WORDS_TEXT = Buffer.concat([WORDS, Buffer.from('\n')])

/** Its lines. */
export const WORD_LINES: readonly string[] = WORDS.toString().split('\n')

/** The bytes of the lines from `start` to `end` (exclusive), each with its newline. */
export function linesOf(start: number, end: number): Buffer {
  return Buffer.from(
    WORD_LINES.slice(start, end)
      .map((line) => `${line}\n`)
      .join(''),
  )
}
