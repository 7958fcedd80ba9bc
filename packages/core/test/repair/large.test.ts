/** Batches larger than what is read at once, and damage larger than a batch can be. Takes a second. */

import { closeSync, openSync, writeSync } from 'node:fs'
import { BATCH_LENGTH_MAX } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { repairStream, verifyStore } from '../../src/index.js'
import { sized } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'
import { openTestLog } from '../support/test-store.js'
import { layoutOf, realDisk } from './support/disk.js'
import { readWithGaps } from './support/filled-stream.js'

const MIB = 1024 * 1024
/** Batches of 8 MiB until a segment has grown to 64 MiB. */
const WARM_UP = 5

describe('a segment with large batches', () => {
  it('is verified and repaired, also when more is damaged than one batch can be long', async () => {
    using directory = temporaryDirectory()
    const sizes = [9 * MIB, 15 * MIB, 15 * MIB, 15 * MIB, 100, 3 * MIB]
    {
      await using opened = await openTestLog(directory.path)
      for (let count = 0; count < WARM_UP; count += 1)
        await opened.log.append({ value: sized(0, 8 * MIB) })
      for (const [at, size] of sizes.entries()) await opened.log.append({ value: sized(at, size) })
    }
    const last = layoutOf(realDisk(directory.path)).at(-1) ?? []
    const [start, , , end] = last.slice(-5)
    if (start === undefined || end === undefined)
      throw new Error('the last five are in one segment')
    expect(end.position - start.position).toBeGreaterThan(2 * BATCH_LENGTH_MAX)
    const file = openSync(directory.at('streams/s', start.file), 'r+')
    for (let position = start.position; position < end.position; position += MIB) {
      const length = Math.min(MIB, end.position - position)
      writeSync(file, new Uint8Array(length).fill(0xee), 0, length, position)
    }
    closeSync(file)

    const [found] = (await verifyStore(directory.path)).streams
    expect(found?.defects).toMatchObject([
      {
        code: 'BAD_MAGIC',
        positionBytes: start.position,
        endPositionBytes: end.position,
        fromOffset: start.baseOffset,
        toOffset: end.baseOffset,
      },
    ])
    const report = await repairStream(directory.path, 's', { apply: true })
    expect(report.lostRecords).toBe(3)
    const [after] = (await verifyStore(directory.path)).streams
    expect(after).toMatchObject({ defects: [], warnings: [], records: WARM_UP + sizes.length - 3 })
    await using opened = await openTestLog(directory.path)
    const { records } = await readWithGaps(opened.log)
    const lengths = records.slice(WARM_UP).map(({ value }) => value.length)
    expect(lengths).toEqual([...sizes.slice(0, 1), ...sizes.slice(4)])
  })
})
