import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SEGMENT_HEADER_BYTES, segmentFileName } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { inspectSegmentFile } from '../../../src/index.js'
import { flipBit, patchFile, streamDirectory } from '../../support/files.js'
import { errorOf } from '../../support/errors.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { openTestLog, STREAM } from '../../support/test-store.js'

/** A closed stream of five batches of two records; the path of its segment. */
async function writeFive(root: string): Promise<string> {
  await using opened = await openTestLog(root)
  for (let at = 0; at < 5; at += 1)
    await opened.log.append([{ value: `#${String(at)}` }, { value: 'b' }])
  return join(streamDirectory(root, STREAM), segmentFileName(0))
}

interface Seen {
  readonly position: number
  readonly offset: number | undefined
  readonly defect: string | undefined
  readonly resumesAt: number | undefined
}

async function inspect(path: string): Promise<Seen[]> {
  const { batches } = await inspectSegmentFile(path)
  return Array.from(batches, (found) => ({
    position: found.position,
    offset: found.batch?.baseOffset,
    defect: found.defect?.code,
    resumesAt: found.batch === undefined ? found.resumesAt : undefined,
  }))
}

describe('inspectSegmentFile', () => {
  it('shows the header, the recovery point and every batch, of a store that is open too', async () => {
    using directory = temporaryDirectory()
    const path = await writeFive(directory.path)
    await using opened = await openTestLog(directory.path)
    const inspection = await inspectSegmentFile(path)
    expect(inspection).toMatchObject({
      path,
      sizeBytes: readFileSync(path).length,
      header: { streamId: opened.log.streamId, epoch: opened.log.epoch, baseOffset: 0 },
      recoveryPoint: { durableOffset: 10 },
    })
    const seen = await inspect(path)
    expect(seen.map(({ offset }) => offset)).toEqual([0, 2, 4, 6, 8])
    expect(seen[0]?.position).toBe(SEGMENT_HEADER_BYTES)
    expect(seen.every(({ defect }) => defect === undefined)).toBe(true)
  })

  it('shows a damaged batch, why, and goes on behind it', async () => {
    using directory = temporaryDirectory()
    const path = await writeFive(directory.path)
    const before = await inspect(path)
    const [, second, third] = before
    flipBit(path, (second?.position ?? 0) + 80, 0)
    const seen = await inspect(path)
    expect(seen.map(({ offset }) => offset)).toEqual([0, undefined, 4, 6, 8])
    expect(seen[1]).toMatchObject({ defect: 'CHECKSUM_MISMATCH', resumesAt: third?.position })
  })

  it('shows where nothing valid follows', async () => {
    using directory = temporaryDirectory()
    const path = await writeFive(directory.path)
    const last = (await inspect(path)).at(-1)
    patchFile(path, (bytes) => bytes.subarray(0, (last?.position ?? 0) + 80))
    const seen = await inspect(path)
    expect(seen.at(-1)).toMatchObject({ defect: 'TRUNCATED', resumesAt: undefined })
    expect(seen.length).toBe(5)
  })

  it('shows a batch whose offset does not follow', async () => {
    using directory = temporaryDirectory()
    const path = await writeFive(directory.path)
    const [, second, third, fourth] = await inspect(path)
    // The third batch is overwritten by the second, which is as long.
    patchFile(path, (bytes) =>
      bytes.copyWithin(third?.position ?? 0, second?.position ?? 0, third?.position),
    )
    const seen = await inspect(path)
    expect(seen[2]).toMatchObject({ defect: 'INVALID_FIELD', resumesAt: fourth?.position })
  })

  it('is an error for what is no segment', async () => {
    using directory = temporaryDirectory()
    const path = await writeFive(directory.path)
    await errorOf('IO_ERROR', inspectSegmentFile(directory.at('none')))
    await errorOf('IO_ERROR', inspectSegmentFile(directory.path))
    writeFileSync(path, '')
    await errorOf('TRUNCATED', inspectSegmentFile(path))
    writeFileSync(path, 'hello '.repeat(100))
    await errorOf('BAD_MAGIC', inspectSegmentFile(path))
  })
})
