/**
 * Followers in other processes, while the writer is killed and started again, again and again.
 *
 * Every record says what it is and where it belongs, so a follower that is shown anything else, or
 * anything twice, or not at all, says so. The seed, printed when the run begins, decides when the writer
 * dies.
 */

import { describe, expect, it } from 'vitest'

import { openStoreReadOnly, type StreamConfigInput } from '../../src/index.js'
import { randomIntegers, runSeed } from '../support/random.js'
import { temporaryDirectory } from '../support/temporary.js'
import { Following, type Plan } from './support/following.js'
import { Program } from './support/program.js'

const ROUNDS = 12
const FOLLOWERS = 3
const STREAM = 'followed'
const TIMEOUT_MS = 60_000

interface OpenedStream {
  readonly startOffset: number
  readonly endOffset: number
}

describe.each(['fsync', 'relaxed'] as const)('a stream in %s mode', (durability) => {
  it(
    'is followed densely through kill -9 and restart',
    async () => {
      using root = temporaryDirectory()
      const draw = randomIntegers(runSeed() + (durability === 'fsync' ? 0 : 1))
      const plan: Plan = { seed: runSeed() }
      const config: StreamConfigInput = {
        durability,
        segmentBytesMax: '64KiB',
        flushIntervalMs: 20,
      }
      const job = { directory: root.path, stream: STREAM, config }
      let writer = await Program.start('writer')
      await writer.ask('open', job)
      const programs = await Promise.all(
        Array.from({ length: FOLLOWERS }, () => Program.start('follower')),
      )
      try {
        const followings: Following[] = []
        for (const program of programs) {
          await program.ask('open', { directory: root.path })
          followings.push(new Following(program, { stream: STREAM, plan, from: 'first' }))
        }
        let acknowledged = 0
        for (let round = 0; round < ROUNDS; round += 1) {
          const killAt = acknowledged + 1 + draw(700)
          const running = writer.ask('run', { stream: STREAM, plan })
          running.catch(() => undefined)
          const news = await writer.hears(
            ({ news, endOffset }) => news === 'acknowledged' && Number(endOffset) >= killAt,
          )
          acknowledged = Number(news['endOffset'])
          expect((await writer.kill()).signal).toBe('SIGKILL')
          writer = await Program.start('writer')
          const opened = await writer.ask<OpenedStream>('open', job)
          expect(opened.endOffset).toBeGreaterThanOrEqual(acknowledged)
          for (const following of followings) {
            // It was shown nothing that is not there, and is shown all that recovery found.
            expect(following.nextOffset).toBeLessThanOrEqual(opened.endOffset)
            await following.reaches(opened.endOffset)
          }
        }
        const { endOffset } = await writer.ask<OpenedStream>('append', {
          stream: STREAM,
          plan,
          until: acknowledged + 3000,
        })
        for (const following of followings) await following.reaches(endOffset)
        await writer.ask('close')
        await using late = await openStoreReadOnly(root.path)
        const log = await late.open(STREAM)
        expect(log.visibleOffset).toBe(endOffset)
      } finally {
        for (const program of [writer, ...programs]) await program.kill()
      }
    },
    TIMEOUT_MS,
  )
})
