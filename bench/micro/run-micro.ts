/** Times the cases of a micro bench with tinybench, one after another in this process. */
import { Bench } from 'tinybench'
import { hashOf } from './micro.js'
import type { MicroBench, MicroCase, MicroSize } from './micro.js'

/** How long, and how often at least. */
const OPTIONS = {
  full: { time: 400, warmupTime: 150, iterations: 32 },
  small: { time: 0, warmup: false, iterations: 3 },
} as const
/** Calls whose results make the hash; before any is timed. */
const HASHED_CALLS = 2

/** What one case took. */
export interface MicroResult {
  readonly bench: string
  readonly name: string
  readonly unit: string
  /** Nanoseconds of one unit: the median over the calls, and the fastest call. */
  readonly nanoseconds: number
  readonly fastestNanoseconds: number
  /** Median absolute deviation in percent of the median. */
  readonly deviationPercent: number
  readonly millionsPerSecond: number
  readonly gigabytesPerSecond: number | undefined
  readonly calls: number
  /** Of what the work returned. */
  readonly hash: string
}

/** Runs all cases. Throws when cases that do the same work do not return the same. */
export async function runMicro(micro: MicroBench, size: MicroSize): Promise<MicroResult[]> {
  const { cases, close } = await micro.open(size)
  try {
    const hashes: string[] = []
    for (const each of cases) hashes.push(await hashOfCase(each))
    checkHashes(micro.name, cases, hashes)
    const results: MicroResult[] = []
    for (const [at, each] of cases.entries()) {
      results.push(await time(each, { size, bench: micro.name, hash: hashes[at] ?? '' }))
    }
    return results
  } finally {
    await close?.()
  }
}

async function hashOfCase({ run }: MicroCase): Promise<string> {
  const values: number[] = []
  for (let call = 0; call < HASHED_CALLS; call += 1) values.push(await run())
  return hashOf(values)
}

function checkHashes(bench: string, cases: readonly MicroCase[], hashes: readonly string[]): void {
  for (const [at, { name, sameAs }] of cases.entries()) {
    if (sameAs === undefined) continue
    const first = cases.findIndex((other) => other.sameAs === sameAs)
    if (hashes[first] === hashes[at]) continue
    throw new Error(`${bench}: ${name} returns other values than ${cases[first]?.name ?? ''}`)
  }
}

async function time(
  { name, amount, unit, unitBytes, run }: MicroCase,
  { size, bench, hash }: { size: MicroSize; bench: string; hash: string },
): Promise<MicroResult> {
  const tiny = new Bench({ ...OPTIONS[size], throws: true })
  tiny.add(name, run)
  const [task] = await tiny.run()
  if (task?.result.state !== 'completed') throw new Error(`${bench}: ${name} did not complete`)
  const { p50, min, mad, samplesCount } = task.result.latency
  const nanoseconds = (p50 * 1e6) / amount
  return {
    bench,
    name,
    unit,
    nanoseconds,
    fastestNanoseconds: (min * 1e6) / amount,
    deviationPercent: (mad / p50) * 100,
    millionsPerSecond: 1000 / nanoseconds,
    gigabytesPerSecond: unitBytes === undefined ? undefined : unitBytes / nanoseconds,
    calls: samplesCount,
    hash,
  }
}
