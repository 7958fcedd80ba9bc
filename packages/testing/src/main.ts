/**
 * The long form of the power-loss test: `npm run crash -- --seed 1 --minutes 5`.
 *
 * Runs one seed after another, each as the test does, until the time is up or so many seeds are done.
 * Ends with 1 at the first broken promise, and says how to see that one again.
 */
import process from 'node:process'
import { parseArgs } from 'node:util'
import { BrokenPromise } from './simulation/broken-promise.js'
import { powerLossOptions, ReportSum } from './simulation/power-loss-seeds.js'
import { runPowerLoss } from './simulation/power-loss.js'

const USAGE = `npm run crash -- [--seed first] [--minutes m] [--seeds n] [--cut c]
  --seed     the first seed, a whole number; default 1
  --minutes  stop after the seed at which so many minutes have passed
  --seeds    stop after so many seeds; default 1 with --cut, else until the minutes have passed (default 5)
  --cut      judge this cut only, to look at one that failed
`

interface CrashOptions {
  readonly seed: number
  readonly minutes: number
  readonly seeds: number
  readonly cut: number | undefined
}

/** @throws {RangeError} for what is not a number of the kind that is asked for. */
function parse(args: readonly string[]): CrashOptions {
  const option = { type: 'string' } as const
  const options = { seed: option, minutes: option, seeds: option, cut: option }
  const { values } = parseArgs({ args: [...args], options })
  const count = (name: 'seed' | 'seeds' | 'cut', value: string): number => {
    const number = Number(value)
    if (Number.isSafeInteger(number) && number >= (name === 'seed' ? 0 : 1)) return number
    throw new RangeError(`--${name} must be a whole number, not "${value}"`)
  }
  const cut = values.cut === undefined ? undefined : count('cut', values.cut)
  const minutes = Number(values.minutes ?? (values.seeds === undefined ? 5 : Infinity))
  if (!(minutes > 0))
    throw new RangeError(`--minutes must be above 0, not "${values.minutes ?? ''}"`)
  const seeds = count('seeds', values.seeds ?? String(cut === undefined ? 2 ** 31 : 1))
  return { seed: count('seed', values.seed ?? '1'), minutes, seeds, cut }
}

async function runSeeds(options: CrashOptions): Promise<number> {
  const { seed: first, minutes, seeds, cut } = options
  const end = Date.now() + minutes * 60_000
  const sum = new ReportSum()
  for (let seed = first; seed < first + seeds && Date.now() < end; seed += 1) {
    const started = Date.now()
    try {
      const only = cut === undefined ? {} : { onlyCut: cut }
      const report = await runPowerLoss({ ...powerLossOptions(seed), ...only })
      sum.add(report)
      const { cuts, secondCuts, bitFlips } = report
      const counts = `${cuts} cuts, ${secondCuts} again in recovery, ${bitFlips} bit flips`
      process.stdout.write(`seed ${seed}: ${counts}, ${Date.now() - started} ms\n`)
    } catch (error) {
      if (!(error instanceof BrokenPromise)) throw error
      const atCut = /, cut (\d+) /.exec(error.message)?.[1]
      const only = atCut === undefined ? '' : ` --cut ${atCut}`
      process.stdout.write(`BROKEN PROMISE: ${error.message}\n`)
      process.stdout.write(`see it again: npm run crash -- --seed ${seed} --seeds 1${only}\n`)
      return 1
    }
  }
  process.stdout.write(`no promise was broken: ${sum.toString()}\n`)
  return 0
}

async function main(): Promise<number> {
  let options: CrashOptions
  try {
    options = parse(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    process.stderr.write(`${error.message}\n${USAGE}`)
    return 2
  }
  return runSeeds(options)
}

process.exitCode = await main()
