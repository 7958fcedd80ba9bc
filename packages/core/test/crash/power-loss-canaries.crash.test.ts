/**
 * Ways to break the promise on purpose: the harness is worth something only if it notices.
 *
 * Each canary is a disk that does not do what the log asks of it, as if the log had not asked. Its name
 * says what is broken, and the finding has to be the promise that is then broken.
 */
import { BatchView, inspectBatch, SEGMENT_HEADER_BYTES, StorageError } from '@tailrace/format'
import { BrokenPromise, powerLossOptions, runPowerLoss } from '@tailrace/testing'
import type { PromiseKind, SimulatedStorage } from '@tailrace/testing'
import { describe, expect, it } from 'vitest'
import type { RecoveryLimits, StorageFile } from '../../src/index.js'
import { encodeCheckedFile, readCheckedFile } from '../../src/storage/checked-file.js'

const SEEDS_MAX = 40
/** More than a judge needs: only the workload, which takes the error for a fault, gets to this one. */
const SYNC_THAT_FAILS = 40

interface Canary {
  readonly name: string
  readonly sabotage: (disk: SimulatedStorage) => void
  readonly found: readonly PromiseKind[]
  /** Of the process that is cut off; others than those of whoever recovers. */
  readonly recoveryLimits?: RecoveryLimits
  /** True: only a disk that fails brings it out. */
  readonly needsFaults?: boolean
  /** What the finding has to say, where several checks may find it. Default: anything. */
  readonly says?: RegExp
}

const CANARIES: readonly Canary[] = [
  {
    name: 'one sync of a segment, the fifth, is skipped',
    sabotage: (disk) => {
      let count = 0
      replaceFiles(disk, (file) => ({
        ...file,
        sync: () => {
          count += 1
          return count === 5 ? Promise.resolve() : file.sync()
        },
      }))
    },
    found: ['lost-record', 'not-writable'],
  },
  {
    name: 'every sync of segments is skipped',
    sabotage: (disk) => {
      replaceFiles(disk, (file) => ({ ...file, sync: () => Promise.resolve() }))
    },
    found: ['lost-record', 'not-writable'],
  },
  {
    name: 'the acknowledgement comes before the sync has ended',
    sabotage: (disk) => {
      replaceFiles(disk, (file) => ({
        ...file,
        sync: () => {
          file.sync().catch(() => undefined)
          return Promise.resolve()
        },
      }))
    },
    found: ['lost-record', 'not-writable'],
  },
  {
    name: 'the sync of directories is skipped',
    sabotage: (disk) => {
      disk.syncDirectory = () => Promise.resolve()
    },
    found: ['lost-stream', 'lost-record', 'not-writable'],
  },
  {
    name: 'the sync of the directory of streams is skipped',
    sabotage: (disk) => {
      const syncDirectory = disk.syncDirectory.bind(disk)
      disk.syncDirectory = (path) => (path === 'streams' ? Promise.resolve() : syncDirectory(path))
    },
    found: ['lost-stream', 'invented-stream'],
  },
  {
    name: 'the sync of replaced metadata is skipped',
    sabotage: (disk) => {
      disk.writeFile = (path, content) => disk.writeUnsynced(path, content)
    },
    found: ['not-writable'],
  },
  {
    name: 'the end that stream.meta notes is that of the page cache, not of the last sync',
    sabotage: (disk) => {
      noteEarly(disk, { file: 'stream.meta', kind: 'stream', field: 'durableOffset' })
    },
    found: ['not-writable'],
    says: /the log was durable up to/,
  },
  {
    name: 'the snapshot of producers is written before the sync that it waits for',
    sabotage: (disk) => {
      noteEarly(disk, { file: 'producers.snapshot', kind: 'producers', field: 'offset' })
    },
    found: ['not-writable'],
    says: /the log was durable up to/,
  },
  {
    name: 'a torn tail is not cut off',
    sabotage: (disk) => {
      replaceFiles(disk, (file) => {
        const before = file.bytes.slice()
        const wrote = (start: number, end: number): void => {
          // Zeros are stored by nothing but the cutting of a torn tail.
          const isCut = file.bytes.subarray(start, end).every((byte) => byte === 0)
          if (isCut) file.bytes.set(before.subarray(start, end), start)
          file.wrote(start, end)
        }
        return { ...file, wrote }
      })
    },
    found: ['torn-tail-left'],
  },
  {
    name: 'the log is written further behind its recovery point than recovery looks',
    sabotage: () => undefined,
    recoveryLimits: { checkpointBytes: 8 * 1024, unsyncedBytesMax: Infinity },
    found: ['torn-tail-left'],
  },
  {
    name: 'a sync that failed is tried again',
    sabotage: (disk) => {
      replaceFiles(disk, (file) => ({ ...file, sync: () => file.sync().catch(() => file.sync()) }))
    },
    found: ['lost-record', 'not-writable'],
    needsFaults: true,
  },
  {
    name: 'a sync that failed is taken for one that did not',
    sabotage: (disk) => {
      replaceFiles(disk, (file) => ({ ...file, sync: () => file.sync().catch(() => undefined) }))
    },
    found: ['lost-record', 'not-writable'],
    needsFaults: true,
  },
  {
    name: 'a stream is poisoned by a disk that is full',
    sabotage: (disk) => {
      let count = 0
      replaceFiles(disk, (file) => ({
        ...file,
        sync: () => {
          count += 1
          return count === SYNC_THAT_FAILS ? Promise.reject(refusal('NO_SPACE')) : file.sync()
        },
      }))
    },
    found: ['not-writable'],
    needsFaults: true,
    says: /no fault explains/,
  },
  {
    name: 'an operation is tried that no state of the disk allows',
    sabotage: (disk) => {
      const createDirectory = disk.createDirectory.bind(disk)
      let count = 0
      disk.createDirectory = (path) => {
        count += path.startsWith('trash/') ? 1 : 0
        return count === 1 ? Promise.reject(refusal('IO_ERROR')) : createDirectory(path)
      }
    },
    found: ['not-writable'],
    needsFaults: true,
    says: /no fault explains/,
  },
]

describe('the harness', () => {
  it.each(CANARIES)(
    'notices when $name',
    async (canary) => {
      const finding = await firstFinding(canary)
      expect(finding?.message).toMatch(/^seed \d+, /)
      expect(canary.found).toContain(finding?.kind)
    },
    // Some tens of seeds of one and a half seconds each, until one finds it.
    240_000,
  )
})

/** What the first seed that finds something finds. */
async function firstFinding(canary: Canary): Promise<BrokenPromise | undefined> {
  const { sabotage, recoveryLimits, needsFaults, says = /./ } = canary
  const limits = recoveryLimits === undefined ? {} : { recoveryLimits }
  for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
    const options = powerLossOptions(seed)
    if (needsFaults === true && options.faults === undefined) continue
    try {
      await runPowerLoss({ ...options, ...limits, sabotage })
    } catch (error) {
      if (!(error instanceof BrokenPromise)) throw error
      if (says.test(error.message)) return error
    }
  }
  return undefined
}

function refusal(code: 'NO_SPACE' | 'IO_ERROR'): StorageError {
  const errno = code === 'IO_ERROR' ? 'ENOTEMPTY' : 'ENOSPC'
  return new StorageError(code, `${errno} (canary)`, { details: { errno } })
}

/** Has the disk give out other files than it would. */
function replaceFiles(disk: SimulatedStorage, replace: (file: StorageFile) => StorageFile): void {
  const { open, create } = { open: disk.open.bind(disk), create: disk.create.bind(disk) }
  disk.open = (path) => replace(open(path))
  disk.create = async (path, capacity) => replace(await create(path, capacity))
}

/** Has a checked file say that the log was durable up to what is merely stored. */
function noteEarly(
  disk: SimulatedStorage,
  note: { readonly file: string; readonly kind: string; readonly field: string },
): void {
  const writeFile = disk.writeFile.bind(disk)
  disk.writeFile = (path, content) => {
    const directory = path.slice(0, path.lastIndexOf('/'))
    if (path !== `${directory}/${note.file}.tmp`) return writeFile(path, content)
    const readable = { directory, name: note.file, kind: note.kind }
    const found = readCheckedFile({ readFile: () => content }, readable)
    if (found.state !== 'present') throw new Error(`"${path}" was written as it should be`)
    const fields = found.content as Record<string, unknown>
    if (typeof fields[note.field] !== 'number') return writeFile(path, content)
    const early = { ...fields, [note.field]: endInMemory(disk, directory) }
    return writeFile(path, encodeCheckedFile(note.kind, early))
  }
}

/** The end of the stream's last batch as the program sees it, synced or not. */
function endInMemory(disk: SimulatedStorage, directory: string): number {
  const segments = disk.paths(directory).filter((path) => /\.(?:log|prepared)$/.test(path))
  return Math.max(0, ...segments.map((path) => endOf(disk.contentOf(path))))
}

function endOf(segment: Uint8Array): number {
  let end = 0
  let position = SEGMENT_HEADER_BYTES
  while (inspectBatch(segment, position, segment.length, 'whole') === undefined) {
    const batch = new BatchView(segment, position)
    end = batch.nextOffset
    position += batch.batchLength
  }
  return end
}
