/** What a store holds on to: bounded by what is kept and by its options, not by what went through it. */

import { describe, expect, it } from 'vitest'
import { startProgram } from '../support/programs.js'
import { temporaryDirectory } from '../support/temporary.js'

const MIB = 1024 * 1024
const STREAMS = 500
const ACTIVE_MAPPINGS_MAX = 64
/** What Node, the runner's channel and the store itself hold open. */
const DESCRIPTORS_BESIDE = 40
const ROUNDS = 80

interface Usage {
  readonly descriptors: number
  readonly mappings: number
}

interface Memory {
  readonly heapUsed: number
  readonly external: number
  readonly descriptors: number
}

describe('a store', () => {
  it(`holds ${String(STREAMS)} streams with few descriptors and mappings`, async () => {
    using directory = temporaryDirectory()
    const args = [directory.path, String(STREAMS), String(ACTIVE_MAPPINGS_MAX)]
    await using program = startProgram('many-streams', args)
    const { wrong, used, reused, left } = (await program.message()) as {
      wrong: number
      used: Usage
      reused: Usage
      left: Usage
    }
    expect(wrong).toBe(0)
    for (const { descriptors, mappings } of [used, reused]) {
      expect(descriptors).toBeLessThanOrEqual(ACTIVE_MAPPINGS_MAX + DESCRIPTORS_BESIDE)
      expect(mappings).toBeLessThanOrEqual(ACTIVE_MAPPINGS_MAX)
    }
    expect(left.descriptors).toBeLessThanOrEqual(DESCRIPTORS_BESIDE)
    expect(left.mappings).toBe(0)
  }, 120_000)

  it('keeps nothing of what went through it', async () => {
    using directory = temporaryDirectory()
    await using program = startProgram('long-run', [directory.path, String(ROUNDS)])
    const { before, after, bytes } = (await program.message()) as {
      before: Memory
      after: Memory
      bytes: number
    }
    expect(bytes).toBeGreaterThan(100 * MIB)
    expect(after.heapUsed - before.heapUsed).toBeLessThan(2 * MIB)
    // Mappings: what the cache may hold, and the active and the next segment.
    expect(after.external - before.external).toBeLessThan(8 * MIB)
    expect(after.descriptors).toBeLessThan(before.descriptors + 10)
  }, 120_000)
})
