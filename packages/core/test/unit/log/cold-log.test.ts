/** A log whose pages the kernel has dropped is opened and read without a touch that waits for the disk. */

import { existsSync, readdirSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { MappedStorage } from '../../../src/index.js'
import { isResident } from '../../../src/storage/mmap.js'
import { startProgram } from '../../support/programs.js'
import { temporaryDirectory, type TemporaryDirectory } from '../../support/temporary.js'
import { appendSegments, openTestLog, STREAM } from '../../support/test-store.js'

const SEGMENTS = 12

/** Has the kernel forget the pages of the stream's files; false where it does not. */
function dropPages(directory: TemporaryDirectory): boolean {
  spawnSync('sync')
  const storage = new MappedStorage(directory.path)
  for (const name of readdirSync(directory.at(`streams/${STREAM}`))) {
    const path = directory.at(`streams/${STREAM}`, name)
    const options = [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']
    if (spawnSync('dd', options).status !== 0) return false
    const file = storage.open(`streams/${STREAM}/${name}`, 'read')
    const isThere = file.bytes.length > 0 && isResident(file.bytes)
    file.close()
    if (isThere) return false
  }
  return true
}

describe('a log that is not in memory', () => {
  it('is opened and read with next to no major page faults in the event loop', async (context) => {
    if (!existsSync('/proc/self/stat')) context.skip('major page faults are counted on Linux only')
    using directory = temporaryDirectory()
    let records = 0
    {
      await using opened = await openTestLog(directory.path, { segmentBytesMax: '1MiB' })
      records = await appendSegments(opened.log, SEGMENTS, 60_000)
    }
    if (!dropPages(directory)) context.skip('the pages of a file cannot be dropped here')
    await using program = startProgram('cold-reader', [directory.path])
    const found = (await program.message()) as { opening: number; reading: number }
    expect(found).toMatchObject({ records })
    // Each segment had one at least. None of ours is left; the program's own pages may have been dropped.
    expect(found.opening + found.reading).toBeLessThan(SEGMENTS / 2)
  })
})
