/**
 * Keeps the page cache full, with the pages of a file that takes no room on the disk: a hole from end to
 * end, read from its end to its beginning, so that the kernel reads nothing ahead. (With read-ahead it
 * allocates larger pieces and more than was asked for, and takes back as fast as we read.)
 *
 * In a process of its own, since reading holds it up.
 */
import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { serveJobs } from '../harness/actor.js'
import { dataDirectory } from '../harness/disk-sync.js'
import { FreeMemoryTaker } from '../harness/free-memory-taker.js'
import { freeBytes, reclaimedUpToBytes } from '../harness/kernel-memory.js'

/** No page of it is read twice in any run: a terabyte is more than an hour of reading. */
const HOLE_BYTES = 2 ** 40
/** No more than the kernel reads ahead by default: a larger read counts as the beginning of a sequence. */
const PIECE = Buffer.alloc(128 * 1024)
/** Left free: below, allocations would wait; the least, and above what the kernel keeps free itself. */
const GOAL_BYTES_MIN = 256 * 2 ** 20

const directory = mkdtempSync(join(dataDirectory(), 'tailrace-bench-'))
const hole = openSync(join(directory, 'hole'), 'w+')
ftruncateSync(hole, HOLE_BYTES)
let position = HOLE_BYTES

const taker = new FreeMemoryTaker({
  freeBytes: () => freeBytes() ?? 0,
  goalBytes: Math.max(GOAL_BYTES_MIN, 2 * reclaimedUpToBytes()),
  take(bytes) {
    for (let taken = 0; taken < bytes; taken += PIECE.length) {
      if (position === 0) position = HOLE_BYTES
      position -= PIECE.length
      readSync(hole, PIECE, 0, PIECE.length, position)
    }
  },
})

serveJobs(
  {
    /** Takes what is free, and from then on what becomes free. */
    start: async () => {
      const isDown = await taker.topUp()
      taker.start()
      return { isDown }
    },
    /** Takes what is free at this moment. */
    topUp: async () => ({ isDown: await taker.topUp() }),
  },
  async () => {
    taker.stop()
    closeSync(hole)
    await rm(directory, { recursive: true, force: true })
  },
)
