/**
 * Loss of power at every step of every storage operation of seeded workloads, on disks with and without
 * faults.
 *
 * The fault model is in packages/testing/src/simulation/simulated-storage.ts. A failure names seed and
 * cut; `npm run crash -- --seed <seed> --seeds 1 --cut <cut>` replays it, and without a cut goes on.
 */
import { powerLossOptions, ReportSum, runPowerLoss } from '@tailrace/testing'
import { describe, expect, it } from 'vitest'

/** Some 250 cuts each: 15 s where nothing else runs. */
const SEEDS = Array.from({ length: 20 }, (_, at) => at + 1)

/** Everything the workload is there for. What only some seeds do, all of them together have to do. */
const REQUIRED = [
  'create',
  'delete',
  'append-fsync',
  'append-relaxed',
  'produce',
  'resend',
  'trim',
  'retention',
  'cursor-commit',
  'flush',
  'close',
  'kill',
  'failed',
  'poisoned',
  'no-space',
  'EIO',
  'ENOSPC',
  'short-write',
  'bitFlipsReported',
  'cutsInRolls',
] as const

describe('power loss', () => {
  it('loses nothing acknowledged, whatever the cut and whatever it leaves', async () => {
    const sum = new ReportSum()
    for (const seed of SEEDS) {
      const report = await runPowerLoss(powerLossOptions(seed))
      expect(report.cuts, `cuts of seed ${String(seed)}`).toBeGreaterThan(50)
      sum.add(report)
    }
    process.stdout.write(`${sum.toString()}\n`)
    expect(sum.of('cuts')).toBeGreaterThan(4000)
    expect(sum.of('secondCuts')).toBeGreaterThan(200)
    expect(sum.of('acknowledgedRecords')).toBeGreaterThan(500)
    for (const what of REQUIRED) expect(sum.of(what), what).toBeGreaterThan(0)
  }, 120_000)

  it('may find a batch of a producer whose write failed when all but zeros was written', async () => {
    // The length in its commit word ends with them: six of the eight bytes make it whole.
    await runPowerLoss(powerLossOptions(48))
  }, 60_000)

  it('is the same run for the same seed, and a cut can be judged alone', async () => {
    const runs = await Promise.all(
      [{}, {}, { onlyCut: 7 }].map((only) => runPowerLoss({ ...powerLossOptions(4), ...only })),
    )
    const sums = runs.map((report) => {
      const sum = new ReportSum()
      sum.add({ ...report, secondCuts: 0, bitFlips: 0, bitFlipsReported: 0 })
      return sum.toString()
    })
    expect(new Set(sums).size).toBe(1)
  }, 60_000)
})
