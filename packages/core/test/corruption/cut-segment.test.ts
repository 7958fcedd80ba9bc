/**
 * A sealed segment whose file was cut short while no process had it mapped. A touch behind the end of a file
 * ends the process: what the index, a recovery point or a header says must be held against the size of the
 * file first. So the reading is done by a process of its own, which has to live.
 */

import { rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { indexFileName, SEGMENT_HEADER_BYTES, segmentFileName } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { copyDirectory, streamDirectory } from '../support/files.js'
import { startProgram } from '../support/programs.js'
import { range } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'
import { openTestLog, SMALL, STREAM } from '../support/test-store.js'

/** A batch each: six in a segment of 64 KiB. */
const VALUE_BYTES = 10_000
const BATCH_BYTES = 10_080
const COUNT = 15

interface Outcome {
  readonly offsets: readonly number[]
  readonly code?: string
  readonly details?: unknown
}

/** Sizes, and how many records of the first segment are whole in them. */
const SIZES: readonly (readonly [sizeBytes: number, whole: number])[] = [
  [0, 0],
  [8, 0],
  [SEGMENT_HEADER_BYTES - 1, 0],
  [SEGMENT_HEADER_BYTES, 0],
  [SEGMENT_HEADER_BYTES + 71, 0],
  [4096, 0],
  [4097, 0],
  [SEGMENT_HEADER_BYTES + BATCH_BYTES - 8, 0],
  [SEGMENT_HEADER_BYTES + BATCH_BYTES, 1],
  [SEGMENT_HEADER_BYTES + BATCH_BYTES + 8, 1],
  [SEGMENT_HEADER_BYTES + 2 * BATCH_BYTES + 72, 2],
  [5 * 4096, 2],
  [SEGMENT_HEADER_BYTES + 6 * BATCH_BYTES - 8, 5],
]

describe('a sealed segment that was cut short', () => {
  it.each(['with', 'without'])('is an error with its range, %s an index', async (index) => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.at('whole'), SMALL)
      for (let at = 0; at < COUNT; at += 1)
        await opened.log.append({ value: new Uint8Array(VALUE_BYTES).fill(at) })
    }
    const roots = SIZES.map(([sizeBytes]) => {
      const root = copyDirectory(directory.at('whole'), directory.at(`cut-${String(sizeBytes)}`))
      const stream = streamDirectory(root, STREAM)
      truncateSync(join(stream, segmentFileName(0)), sizeBytes)
      if (index === 'without') rmSync(join(stream, indexFileName(0)))
      return root
    })
    await using program = startProgram('read-cut', roots)
    for (const [sizeBytes, whole] of SIZES) {
      const outcomes = (await program.message()) as Readonly<Record<'followed' | 'opened', Outcome>>
      for (const [who, { offsets, code, details }] of Object.entries(outcomes)) {
        const where = `${who}, cut to ${String(sizeBytes)}`
        expect(code, where).toBe('STREAM_CORRUPT')
        expect(offsets, where).toEqual(range(0, whole))
        expect(details, where).toMatchObject({ from: whole, to: 6, segment: segmentFileName(0) })
      }
    }
    expect(await program.ended).toBe(0)
  })
})
