/**
 * The three states of a writer, as a follower in another process lives through them: it runs, it is killed,
 * it is started again. (At random moments, many times over: writer-killed.test.ts.)
 */

import { describe, expect, it } from 'vitest'

import type { LogDescription } from '../../src/index.js'
import { runSeed } from '../support/random.js'
import { temporaryDirectory } from '../support/temporary.js'
import { Following, type Plan } from './support/following.js'
import { Program } from './support/program.js'

const STREAM = 'followed'

describe.each(['fsync', 'relaxed'] as const)(
  'a live follower of a stream in %s mode',
  (durability) => {
    it('follows while the writer runs, waits while it is dead, goes on when it is back', async () => {
      using root = temporaryDirectory()
      const plan: Plan = { seed: runSeed() }
      const config = { durability, segmentBytesMax: '64KiB', flushIntervalMs: 20 }
      const job = { directory: root.path, stream: STREAM, plan, config }
      await using writer = await Program.start('writer')
      await using follower = await Program.start('follower')
      await writer.ask('open', job)
      await follower.ask('open', job)
      const following = new Following(follower, { ...job, from: 'first', until: 900 })

      // The writer runs: each record comes while it stays open, none needs a close.
      for (const until of [1, 2, 100, 300]) {
        await writer.ask('append', { ...job, until })
        await following.reaches(until - 1)
      }

      // It is killed: all that it had acknowledged is there, for one who comes only now, too.
      expect((await writer.kill()).signal).toBe('SIGKILL')
      const dead = await follower.ask<LogDescription>('describe', job)
      expect(dead.visibleOffset).toBe(300)
      await using late = await Program.start('follower')
      await late.ask('open', job)
      const lateFollowing = new Following(late, { ...job, from: 'first', until: 900 })
      await lateFollowing.reaches(300)
      await following.reaches(300)

      // It is back: both go on at the next offset, without being opened again.
      await using again = await Program.start('writer')
      expect(await again.ask('open', job)).toMatchObject({ endOffset: 300 })
      await again.ask('append', { ...job, until: 900 })
      for (const { outcome } of [following, lateFollowing]) {
        expect(await outcome).toEqual({ nextOffset: 900 })
      }
    })
  },
)
