/** One `fdatasync` at a time: what the disk takes to keep a page, with no log on it. */
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { timed } from './actor.js'
import type { Timing } from './actor.js'
import { latencyHistogram, quantiles } from './latency.js'

const PAGE_BYTES = 4096
/** Overwritten from its beginning again when it ends. */
const FILE_BYTES = 4 * 2 ** 20

/**
 * Overwrites a page and syncs it, `count` times, in the directory of the benchmarks' data. The blocks are
 * there from the start, as those of a prepared segment are, so that a sync is not also a change of the
 * file's metadata.
 */
export function timeSyncs(count: number): Promise<Timing & ReturnType<typeof quantiles>> {
  return timeSyncsWhile((at) => at < count)
}

/** The same for so long, at least once. */
export function timeSyncsFor(seconds: number): Promise<Timing & ReturnType<typeof quantiles>> {
  const end = performance.now() + seconds * 1000
  return timeSyncsWhile((at) => at === 0 || performance.now() < end)
}

async function timeSyncsWhile(
  goesOn: (at: number) => boolean,
): Promise<Timing & ReturnType<typeof quantiles>> {
  const directory = await mkdtemp(join(dataDirectory(), 'tailrace-bench-'))
  const histogram = latencyHistogram()
  const file = await open(join(directory, 'pages'), 'w+')
  try {
    await file.write(Buffer.alloc(FILE_BYTES, 0x2e))
    await file.datasync()
    const page = Buffer.alloc(PAGE_BYTES, 0x2f)
    const timing = await timed(async () => {
      for (let at = 0; goesOn(at); at += 1) {
        const start = performance.now()
        await file.write(page, 0, page.length, (at * PAGE_BYTES) % FILE_BYTES)
        await file.datasync()
        histogram.recordValue(Math.max(1, Math.round((performance.now() - start) * 1000)))
      }
    })
    return { ...timing, ...quantiles(histogram) }
  } finally {
    await file.close()
    await rm(directory, { recursive: true })
  }
}

/** Where the benchmarks put their data. */
export function dataDirectory(): string {
  return process.env['TAILRACE_BENCH_DIR'] ?? tmpdir()
}
