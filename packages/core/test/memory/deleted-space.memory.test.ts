/**
 * Disk space comes back after deletion: a file that was deleted under a reader keeps its blocks while it is
 * mapped, and the addon cannot unmap. What is mapped of deleted files is counted in /proc/self/maps.
 */

import { describe, expect, it } from 'vitest'
import { openStore, type Log, type Scheduler, type Store } from '../../src/index.js'
import { CLOSED_BYTES_MAX } from '../../src/storage/closed-mappings.js'
import { bytesOf, collectGarbage, mappingsBelow } from '../support/mappings.js'
import { sized } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'

const MIB = 1024 * 1024
const RECORD_BYTES = MIB

function deletedBytes(root: string): number {
  return bytesOf(mappingsBelow(root).filter(({ isDeleted }) => isDeleted))
}

/** Appends records of a MiB, and reads them all, so that every segment is mapped. */
async function filled(store: Store, count: number): Promise<Log> {
  const config = { durability: 'relaxed', segmentBytesMax: '16MiB' } as const
  const log = await store.ensure('s', config)
  for (let at = 0; at < count; at += 1) await log.append({ value: sized(at, RECORD_BYTES) })
  await log.flush()
  await readAll(log)
  return log
}

async function readAll(log: Log): Promise<void> {
  for await (const { offset, value } of log.read({ from: 'first' })) {
    expect(value[500]).toBe(offset % 251)
  }
}

const LOOK_MS = 12_345
/** Two are enough, unless one of them was in vain. */
const LOOKS_MAX = 6
const TURNS_MAX = 2000

/** The event loop, but the store looks after its files when the test says so. */
class Looks implements Scheduler {
  #look: () => void = () => undefined

  soon(task: () => void): void {
    setImmediate(task)
  }

  after(delayMs: number, task: () => void): () => void {
    if (delayMs === LOOK_MS) {
      this.#look = task
      return () => undefined
    }
    const timer = setTimeout(task, delayMs)
    return () => {
      clearTimeout(timer)
    }
  }

  look(): void {
    this.#look()
  }
}

describe('a segment that is deleted under a reader', () => {
  it('stays readable while its view is held, and is gone when the reader has moved on', async () => {
    using directory = temporaryDirectory()
    await using store = await openStore(directory.path)
    const log = await filled(store, 40)
    let view: Uint8Array | undefined = log.reader(0).next(RECORD_BYTES)?.bytes
    const copy = view?.slice()
    await log.trim(35)
    await collectGarbage()
    expect(deletedBytes(directory.path)).toBeGreaterThan(0)
    expect(Buffer.compare(view ?? Buffer.of(1), copy ?? Buffer.of())).toBe(0)
    view = undefined
    await collectGarbage()
    expect(deletedBytes(directory.path)).toBe(0)
  })

  it('is not held by a reader that waits at the tail', async () => {
    using directory = temporaryDirectory()
    await using store = await openStore(directory.path)
    const log = await filled(store, 20)
    const waiting = log.reader(19)
    expect(waiting.next(RECORD_BYTES)?.endOffset).toBe(20)
    while (log.describe().segmentCount < 8) await log.append({ value: sized(0, RECORD_BYTES) })
    await log.flush()
    await log.trim(log.endOffset)
    await collectGarbage()
    expect(deletedBytes(directory.path)).toBe(0)
    expect(() => waiting.next(1)).toThrow(expect.objectContaining({ code: 'OFFSET_OUT_OF_RANGE' }))
  })
})

describe('a process that has nothing to do', () => {
  it.each<[string, (store: Store, log: Log) => Promise<unknown>]>([
    ['segments', (_, log) => log.trim(log.endOffset)],
    ['a stream', (store) => store.delete('s')],
  ])('lets go of %s that it deleted, within a few looks', async (_, remove) => {
    using directory = temporaryDirectory()
    const looks = new Looks()
    await using store = await openStore(directory.path, {
      upkeepIntervalMs: LOOK_MS,
      scheduler: looks,
    })
    const log = await filled(store, 160)
    // Held, so that no collection comes before the test says so.
    const views = viewsOf(log)
    await remove(store, log)
    await collectGarbage()
    expect(deletedBytes(directory.path)).toBeGreaterThan(CLOSED_BYTES_MAX)
    views.length = 0
    // From here on nobody appends, reads or collects but the store itself.
    for (let count = 0; count < LOOKS_MAX; count += 1) {
      looks.look()
      await untilLetGo(directory.path)
    }
    expect(deletedBytes(directory.path)).toBeLessThanOrEqual(CLOSED_BYTES_MAX)
  })
})

/** Mappings are freed by a thread, some turns behind a collection. */
async function untilLetGo(root: string): Promise<void> {
  for (let at = 0; at < TURNS_MAX && deletedBytes(root) > CLOSED_BYTES_MAX; at += 1) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** A view of every segment. */
function viewsOf(log: Log): Uint8Array[] {
  const reader = log.reader(0)
  const views: Uint8Array[] = []
  for (;;) {
    const run = reader.next(16 * MIB)
    if (run === undefined) return views
    views.push(run.bytes)
  }
}
