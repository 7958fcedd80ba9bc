/**
 * The log against a plain array, on real mapped files.
 *
 * Small segments and large values, so that a few commands cross many segment ends. A failure prints the
 * seed and the shortest list of commands that still fails.
 */

import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { StreamConfigInput } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary.js'
import { commands } from './commands.js'
import { Model, Real } from './model-state.js'

const RUNS = 25
const COMMANDS_MAX = 60

const CONFIGS: readonly (readonly [string, StreamConfigInput])[] = [
  ['fsync', { durability: 'fsync', segmentBytesMax: '64KiB' }],
  ['relaxed', { durability: 'relaxed', segmentBytesMax: '64KiB' }],
  [
    'fsync, bounded by bytes',
    { durability: 'fsync', segmentBytesMax: '64KiB', retention: { maxBytes: '400KiB' } },
  ],
  [
    'relaxed, bounded by age',
    { durability: 'relaxed', segmentBytesMax: '64KiB', retention: { maxAge: '2h' } },
  ],
  [
    'fsync, bounded by count',
    { durability: 'fsync', segmentBytesMax: '64KiB', retention: { maxRecords: 60 } },
  ],
]

const lists = fc.commands(commands, { maxCommands: COMMANDS_MAX, size: 'max' })

describe('a log behaves like an array', () => {
  it.each(CONFIGS)(
    '%s',
    async (_, config) => {
      await fc.assert(
        fc.asyncProperty(lists, async (list) => {
          using directory = temporaryDirectory()
          const real = await Real.open(directory.path, config)
          try {
            await fc.asyncModelRun(() => ({ model: new Model(), real }), list)
          } finally {
            await real.close()
          }
        }),
        { numRuns: RUNS, endOnFailure: false },
      )
    },
    120_000,
  )
})
