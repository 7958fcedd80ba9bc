/** Verification beside a writer in another process, which no turn of our event loop holds up. */

import { describe, expect, it } from 'vitest'
import { verifyStore } from '../../src/index.js'
import { Program } from '../follow/support/program.js'
import { runSeed } from '../support/random.js'
import { temporaryDirectory } from '../support/temporary.js'

const TIMEOUT_MS = 60_000
const ROUNDS = 100

describe.each(['fsync', 'relaxed'] as const)(
  'a writer of another process in %s mode',
  (durability) => {
    it(
      'is never taken for damage, running or killed',
      async () => {
        using root = temporaryDirectory()
        const stream = 's'
        const plan = { seed: runSeed(), sizeMax: 20_000, recordsMax: 20 }
        const config = {
          durability,
          segmentBytesMax: '256KiB',
          flushIntervalMs: 10,
          retention: { maxBytes: '2MiB' },
        }
        await using writer = await Program.start('writer')
        await writer.ask('open', { directory: root.path, stream, config })
        const running = writer.ask('run', { stream, plan }).catch(() => undefined)
        let endOffset = 0
        for (let round = 0; round < ROUNDS; round += 1) {
          const [found] = (await verifyStore(root.path)).streams
          expect(found?.defects).toEqual([])
          expect(found?.endOffset).toBeGreaterThanOrEqual(endOffset)
          endOffset = found?.endOffset ?? 0
        }
        expect(endOffset).toBeGreaterThan(0)
        process.kill(writer.processId, 'SIGKILL')
        await writer.ended
        await running
        const [left] = (await verifyStore(root.path)).streams
        expect(left?.defects).toEqual([])
        expect(left?.endOffset).toBeGreaterThanOrEqual(endOffset)
      },
      TIMEOUT_MS,
    )
  },
)
