/** The limits of a log that is memory: copying into a mapping, and writing into a file that is there. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MappedStorage } from '@tailrace/core'
import type { StorageFile } from '@tailrace/core'
import { serveJobs, timed } from '../harness/actor.js'

interface BytesJob {
  readonly bytes: number
  readonly chunkBytes: number
}

const directory = await mkdtemp(
  join(process.env['TAILRACE_BENCH_DIR'] ?? tmpdir(), 'tailrace-bench-'),
)
const storage = new MappedStorage(directory)
let mapped: StorageFile | undefined

serveJobs(
  {
    /** Makes a hole of a file and maps it: its pages are fresh. */
    mapHole: async ({ bytes }: BytesJob) => {
      await writeFile(join(directory, 'mapped'), '')
      await truncate(join(directory, 'mapped'), bytes)
      mapped = storage.open('mapped', 'write')
      return {}
    },
    /** Makes a file as the log prepares its segments, and maps it. */
    mapPrepared: async ({ bytes }: BytesJob) => {
      mapped = await storage.create('mapped', bytes)
      return {}
    },
    /** Copies into what is mapped, from its beginning to its end. */
    copy: async ({ chunkBytes }: BytesJob) => {
      if (mapped === undefined) throw new Error('nothing is mapped')
      const { bytes } = mapped
      const chunk = chunkOf(chunkBytes)
      const timing = await timed(() => {
        for (let at = 0; at < bytes.length; at += chunkBytes) {
          bytes.set(
            at + chunkBytes <= bytes.length ? chunk : chunk.subarray(0, bytes.length - at),
            at,
          )
        }
        return Promise.resolve()
      })
      checkRepeats(bytes, chunk)
      return timing
    },
    unmap: async () => {
      mapped?.close()
      mapped = undefined
      await storage.remove('mapped')
      return {}
    },
    /** Writes into a file that has its blocks and its pages. */
    pwrite: async ({ bytes, chunkBytes }: BytesJob) => {
      const prepared = await storage.create('written', bytes)
      const descriptor = openSync(join(directory, 'written'), 'r+')
      const chunk = chunkOf(chunkBytes)
      const timing = await timed(() => {
        for (let at = 0; at < bytes; at += chunkBytes) {
          const length = Math.min(chunkBytes, bytes - at)
          if (writeSync(descriptor, chunk, 0, length, at) !== length)
            throw new Error('a short write')
        }
        return Promise.resolve()
      })
      checkRepeats(prepared.bytes, chunk)
      closeSync(descriptor)
      prepared.close()
      await storage.remove('written')
      return timing
    },
  },
  () => rm(directory, { recursive: true, force: true }),
)

/** Bytes that differ from page to page, so that a chunk at a wrong place would be seen. */
function chunkOf(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 12)) & 0xff))
}

function checkRepeats(bytes: Uint8Array, chunk: Buffer): void {
  for (let at = 0; at < bytes.length; at += chunk.length) {
    const length = Math.min(chunk.length, bytes.length - at)
    if (chunk.compare(bytes, at, at + length, 0, length) !== 0) {
      throw new Error(`what was written at ${at} is not there`)
    }
  }
}
