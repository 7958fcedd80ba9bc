/**
 * A store with ten thousand small streams, each with a writer of its own: what it holds on to is bounded by
 * what is in use, and no stream waits for another one's sync. Takes ten to twenty seconds: twenty thousand
 * syncs of real files.
 */

import { describe, expect, it } from 'vitest'
import { startProgram } from '../support/programs.js'
import { temporaryDirectory } from '../support/temporary.js'

const MIB = 1024 * 1024
const STREAMS = 10_000
const ACTIVE_MAPPINGS_MAX = 256
/** What Node and the runner's channel hold open. */
const DESCRIPTORS_BESIDE = 40
/** Two for each of the four threads that Node has for file work. */
const SYNCS_IN_FLIGHT_MAX = 8
/** About 5 KiB a stream on the heap (the log, its parts, its name), and what Node keeps in reserve. */
const HEAP_BYTES_MAX = 100 * MIB
const RSS_BYTES_MAX = 300 * MIB

interface Held {
  readonly descriptors: number
  readonly mappings: number
  readonly rss: number
  readonly heapUsed: number
}

interface Outcome {
  readonly before: Pick<Held, 'rss' | 'heapUsed'>
  readonly opened: Held
  readonly used: Held
  readonly read: Held
  readonly closed: Held
  readonly wrong: number
  readonly acknowledgedWhileHeld: number
  readonly syncs: number
  readonly syncsInFlightMax: number
  readonly figures: Readonly<Record<string, number>>
}

describe(`a store with ${String(STREAMS)} streams`, () => {
  it('opens them, commits them all at once without a convoy, and holds few of them open', async () => {
    using directory = temporaryDirectory()
    const args = [directory.path, String(STREAMS), String(ACTIVE_MAPPINGS_MAX)]
    await using program = startProgram('ten-thousand-streams', args)
    const outcome = (await program.message()) as Outcome
    const { before, wrong, closed, syncs, syncsInFlightMax, acknowledgedWhileHeld } = outcome
    process.stdout.write(`${String(STREAMS)} streams: ${JSON.stringify(outcome.figures)}\n`)
    expect(wrong).toBe(0)
    for (const held of [outcome.opened, outcome.used, outcome.read]) {
      const { descriptors, mappings, heapUsed, rss } = held
      expect(descriptors).toBeLessThanOrEqual(ACTIVE_MAPPINGS_MAX + DESCRIPTORS_BESIDE)
      expect(mappings).toBeLessThanOrEqual(ACTIVE_MAPPINGS_MAX)
      expect(heapUsed - before.heapUsed).toBeLessThan(HEAP_BYTES_MAX)
      expect(rss - before.rss).toBeLessThan(RSS_BYTES_MAX)
    }
    // Every other stream was acknowledged while the sync of one was held.
    expect(acknowledgedWhileHeld).toBe(STREAMS - 1)
    expect(syncsInFlightMax).toBeLessThanOrEqual(SYNCS_IN_FLIGHT_MAX)
    expect(syncsInFlightMax).toBeGreaterThan(1)
    // A commit of each, another one of every tenth, and after each of them at most one that makes its
    // recovery point durable: when the stream was quiet for a second, or at closing.
    expect(syncs).toBeLessThanOrEqual(2 * 1.1 * STREAMS + 1)
    expect(closed.descriptors).toBeLessThanOrEqual(DESCRIPTORS_BESIDE)
    expect(closed.mappings).toBe(0)
  }, 180_000)
})
