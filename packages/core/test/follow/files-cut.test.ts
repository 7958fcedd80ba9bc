/**
 * The writer cuts and removes files under followers that never pause: none of them ever touches a page
 * behind the end of a file, which would kill its process (SIGBUS).
 */

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

import type { StreamConfigInput } from '../../src/index.js'
import { segmentFiles, streamDirectory } from '../support/files.js'
import { runSeed } from '../support/random.js'
import { temporaryDirectory } from '../support/temporary.js'
import type { Plan } from './support/following.js'
import { Program } from './support/program.js'

const STREAM = 'cut'
const FOLLOWERS = 3
const ROUNDS = 12
/** Some segments of 64 KiB. */
const RECORDS_PER_ROUND = 100
const TIMEOUT_MS = 60_000

interface HammerOutcome {
  readonly nextOffset: number
  readonly views: number
  readonly overtaken: number
}

/** Rolled segments of a relaxed stream stay as they are until somebody asks for a sync. */
const RELAXED = { durability: 'relaxed', flushIntervalMs: 60_000 } as const
const BOUNDED = { retention: { maxBytes: '512KiB' } }

const CASES: readonly (readonly [string, StreamConfigInput])[] = [
  ['fsync', { durability: 'fsync' }],
  ['relaxed', RELAXED],
  ['fsync, with retention', { durability: 'fsync', ...BOUNDED }],
  ['relaxed, with retention', { ...RELAXED, ...BOUNDED }],
]

describe('followers that never pause', () => {
  it.each(CASES)(
    'survive every roll and cut: %s',
    async (_, config) => {
      using root = temporaryDirectory()
      const plan: Plan = { seed: runSeed(), sizeMax: 4000, recordsMax: 2 }
      const job = { directory: root.path, stream: STREAM, plan }
      await using writer = await Program.start('writer')
      await writer.ask('open', { ...job, config: { ...config, segmentBytesMax: '64KiB' } })
      const followers = await Promise.all(
        Array.from({ length: FOLLOWERS }, () => Program.start('follower')),
      )
      try {
        for (const follower of followers) await follower.ask('open', job)
        const until = ROUNDS * RECORDS_PER_ROUND
        const outcomes = followers.map((follower) =>
          follower.ask<HammerOutcome>('hammer', { ...job, until }),
        )
        for (let round = 1; round <= ROUNDS; round += 1) {
          const looked = followers.map((follower) =>
            follower.hears(({ news, nextOffset }) => news === 'looked' && Number(nextOffset) > 0),
          )
          await writer.ask('append', { ...job, until: round * RECORDS_PER_ROUND - 1 })
          await Promise.all(looked)
          // Wherever they are now, in the midst of a look as a rule, the files are cut meanwhile.
          for (const follower of followers) follower.pause()
          await writer.ask('settle', job)
          for (const follower of followers) follower.resume()
        }
        await writer.ask('append', { ...job, until })
        for (const { nextOffset, views } of await Promise.all(outcomes)) {
          expect(nextOffset).toBe(until)
          expect(views).toBeGreaterThan(50)
        }
      } finally {
        for (const follower of followers) await follower.kill()
      }
      // The files were really cut under them.
      await writer.ask('close')
      const sizes = segmentFiles(root.path, STREAM).map(
        (name) => statSync(join(streamDirectory(root.path, STREAM), name)).size,
      )
      expect(sizes.slice(0, -1).filter((size) => size < 64 * 1024).length).toBeGreaterThan(5)
    },
    TIMEOUT_MS,
  )

  it('would be killed by a touch of the page behind (the canary)', async () => {
    using root = temporaryDirectory()
    const plan: Plan = { seed: runSeed(), sizeMin: 40_000, sizeMax: 40_000, recordsMax: 1 }
    await using writer = await Program.start('writer')
    await writer.ask('open', {
      directory: root.path,
      stream: STREAM,
      config: { segmentBytesMax: '64KiB' },
    })
    await using follower = await Program.start('follower')
    const path = `streams/${STREAM}/${segmentFiles(root.path, STREAM)[0] ?? ''}`
    await follower.ask('mapWhole', { directory: root.path, path })
    // Two records do not fit: the first segment is cut behind one.
    await writer.ask('append', { stream: STREAM, plan, until: 3 })
    await writer.ask('close')
    expect(statSync(join(root.path, path)).size).toBeLessThan(45_000)
    await expect(follower.ask('touchLast')).rejects.toThrow('SIGBUS')
    expect((await follower.ended).signal).toBe('SIGBUS')
  })
})
