import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesOf, streamDirectory } from '../../support/files.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { openTestLog, STREAM } from '../../support/test-store.js'

const MIB = 1024 * 1024
const RECORD_BYTES = 10_000
const RECORDS_AT_ONCE = 10
const WRITTEN_BYTES = 150 * MIB

describe('retention by bytes', () => {
  it('keeps up with a relaxed writer that writes as fast as it can', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, {
      durability: 'relaxed',
      segmentBytesMax: '256KiB',
      flushIntervalMs: 10,
      retention: { maxBytes: '2MiB' },
    })
    const records = Array.from({ length: RECORDS_AT_ONCE }, () => ({
      value: new Uint8Array(RECORD_BYTES),
    }))
    let bytesMax = 0
    for (let written = 0; written < WRITTEN_BYTES; written += RECORDS_AT_ONCE * RECORD_BYTES) {
      await opened.log.append(records)
      if (written % (100 * RECORDS_AT_ONCE * RECORD_BYTES) !== 0) continue
      bytesMax = Math.max(bytesMax, bytesOfFiles(directory.path))
    }
    expect(bytesMax).toBeGreaterThan(MIB)
    // A few segments that wait for a commit and their removal; a writer that outran them left a fifth of all.
    expect(bytesMax).toBeLessThan(20 * MIB)
    await opened.log.flush()
  })
})

/** Of a stream from which files are being removed meanwhile. */
function bytesOfFiles(root: string): number {
  return filesOf(root, STREAM)
    .map((name) => statSync(join(streamDirectory(root, STREAM), name), { throwIfNoEntry: false }))
    .reduce((sum, found) => sum + (found?.size ?? 0), 0)
}
