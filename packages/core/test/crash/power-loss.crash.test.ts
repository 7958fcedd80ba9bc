/**
 * Loss of power at every step of every storage operation of seeded workloads.
 *
 * The fault model is in packages/testing/src/simulation/simulated-storage.ts. A failure names
 * seed and cut; the same seed and number of actions replay it.
 */
import { runPowerLoss } from '@tailrace/testing'
import type { SimulatedStorage } from '@tailrace/testing'
import { describe, expect, it } from 'vitest'

const SEEDS = Array.from({ length: 40 }, (_, at) => at + 1)
const ACTIONS = 40

describe('power loss', () => {
  it('loses nothing acknowledged, whatever the cut and whatever it leaves', async () => {
    let cuts = 0
    let secondCuts = 0
    for (const seed of SEEDS) {
      const report = await runPowerLoss({ seed, actions: ACTIONS })
      cuts += report.cuts
      secondCuts += report.secondCuts
      expect(report.acknowledgedRecords).toBeGreaterThan(0)
    }
    process.stdout.write(`power was cut ${cuts} times, ${secondCuts} times again in recovery\n`)
    expect(cuts).toBeGreaterThan(4000)
    expect(secondCuts).toBeGreaterThan(200)
  }, 120_000)
})

/** Ways to break the promise on purpose: the harness is worth something only if it notices. */
const CANARIES: readonly {
  readonly name: string
  readonly sabotage: (disk: SimulatedStorage) => void
}[] = [
  {
    name: 'the sync of segment bytes is skipped',
    sabotage: (disk) => {
      const { open, create } = bound(disk)
      disk.open = (path) => ({ ...open(path), sync: () => Promise.resolve() })
      disk.create = async (path, capacity) => {
        const file = await create(path, capacity)
        return { ...file, sync: () => Promise.resolve() }
      }
    },
  },
  {
    name: 'the acknowledgement comes before the sync has ended',
    sabotage: (disk) => {
      const { open, create } = bound(disk)
      const early = (sync: () => Promise<void>) => (): Promise<void> => {
        void sync()
        return Promise.resolve()
      }
      disk.open = (path) => {
        const file = open(path)
        return { ...file, sync: early(() => file.sync()) }
      }
      disk.create = async (path, capacity) => {
        const file = await create(path, capacity)
        return { ...file, sync: early(() => file.sync()) }
      }
    },
  },
  {
    name: 'the sync of directories is skipped',
    sabotage: (disk) => {
      disk.syncDirectory = () => Promise.resolve()
    },
  },
  {
    name: 'the sync of replaced metadata is skipped',
    sabotage: (disk) => {
      disk.writeFile = (path, content) => disk.writeUnsynced(path, content)
    },
  },
]

describe('the harness', () => {
  for (const { name, sabotage } of CANARIES) {
    it(`notices when ${name}`, async () => {
      await expect(runSeeds(sabotage)).rejects.toThrow(/^seed \d+, cut \d+ before /)
    }, 60_000)
  }
})

async function runSeeds(sabotage: (disk: SimulatedStorage) => void): Promise<void> {
  for (const seed of SEEDS) await runPowerLoss({ seed, actions: ACTIONS, sabotage })
}

function bound(disk: SimulatedStorage): Pick<SimulatedStorage, 'open' | 'create'> {
  return { open: disk.open.bind(disk), create: disk.create.bind(disk) }
}
