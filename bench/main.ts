/** `npm run bench`: scenarios with their limits beside them, as tables or as JSON. */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { canPin } from './harness/actor-process.js'
import { congestionControl, UnpacedConnections } from './harness/congestion-control.js'
import { describeEnvironment, readEnvironment } from './harness/environment.js'
import type { Called, Environment } from './harness/environment.js'
import { Interruption, interruption } from './harness/interruption.js'
import { renderPlot } from './harness/plot.js'
import type { PlotGroup, PlotScale } from './harness/plot.js'
import { reportOf } from './harness/report.js'
import { RunDirectory } from './harness/run-directory.js'
import { runScenario } from './harness/run-scenario.js'
import { renderTable } from './harness/table.js'
import { WarmMemory } from './harness/warm-memory.js'
import { MICRO_BENCHES } from './micro/index.js'
import { renderMicro } from './micro/micro-table.js'
import { runMicro } from './micro/run-micro.js'
import type { MicroResult } from './micro/run-micro.js'
import { installPeers } from './peers/install.js'
import { SCENARIOS } from './scenarios/index.js'

const USAGE = `npm run bench -- [scenario…] [--small] [--rounds N] [--set parameter=number]…
                 [--peers | --no-peers] [--warm | --no-warm] [--json] [--out FILE]
                 [--svg FILE] [--scale linear|log] [--cpu-prof DIR] [--list]
npm run bench -- micro [filter…] [--small] [--json] [--out FILE]
npm run bench -- --install-peers`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    small: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    set: { type: 'string', multiple: true, default: [] },
    peers: { type: 'boolean' },
    warm: { type: 'boolean' },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
    svg: { type: 'string' },
    scale: { type: 'string', default: 'linear' },
    'cpu-prof': { type: 'string' },
    list: { type: 'boolean', default: false },
    'install-peers': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) exit(USAGE, 0)
if (values.list) {
  exit(SCENARIOS.map(({ name, about }) => `${name.padEnd(12)} ${about}`).join('\n'), 0)
}
if (values['install-peers']) {
  const { isComplete, lines } = await installPeers((line) => process.stderr.write(`${line}\n`))
  exit(lines.join('\n'), isComplete ? 0 : 1)
}
if (positionals[0] === 'micro') {
  const micros = chooseMicros(positionals.slice(1))
  await inDirectory((interrupted) => Promise.race([runMicroBenches(micros), interrupted]))
  process.exit()
}
const unknown = positionals.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name))
if (unknown.length > 0) exit(`there is no scenario ${unknown.join(', ')}: see --list`, 2)
const rounds = values.small ? 1 : Number(values.rounds)
if (!(rounds >= 1)) exit('--rounds is a number from 1', 2)
const scale = scaleOf(values.scale)
const overrides = Object.fromEntries(values.set.map(parseOverride))

const chosen = SCENARIOS.filter(
  ({ name }) => positionals.length === 0 || positionals.includes(name),
)
// `npm test` asks for no packages of the system.
const hasPeers = values.peers ?? !values.small
await inDirectory(runScenarios)

/** Everything of the run lies in one directory; who interrupts it is left with nothing to tidy up. */
async function inDirectory(run: (interrupted: Promise<never>) => Promise<void>): Promise<void> {
  const interrupted = interruption()
  try {
    await using _directory = await RunDirectory.make()
    await run(interrupted)
  } catch (error) {
    if (!(error instanceof Interruption)) throw error
    exit(error.message, error.exitCode)
  }
}

async function runScenarios(interrupted: Promise<never>): Promise<void> {
  const before = await environmentOf({ pinned: canPin(), isMemoryWarmed: false, hasPeers })
  const isWarmed = values.warm ?? !values.small
  if (isWarmed) process.stderr.write('warming memory …\n')
  await using memory = isWarmed ? await WarmMemory.start(interrupted) : undefined
  // `npm test` changes nothing of the system.
  using _unpaced = values.small ? undefined : UnpacedConnections.begin()
  const environment = {
    ...before,
    isMemoryWarmed: memory !== undefined,
    congestionControl: { ...before.congestionControl, run: congestionControl() },
  }
  const results = []
  const groups: PlotGroup[] = []
  for (const scenario of chosen) {
    process.stderr.write(`${scenario.name} …\n`)
    const result = await runScenario(scenario, {
      isSmall: values.small,
      rounds,
      overrides,
      hasPeers,
      profileDirectory: values['cpu-prof'],
      memory,
      interrupted,
    })
    const report = reportOf(scenario, result, values.small)
    results.push(report)
    groups.push({ scenario, rows: report.rows, elsewhere: report.elsewhere })
    if (!values.json) process.stdout.write(`\n${renderTable(scenario, report)}\n`)
  }
  const report = JSON.stringify({ rounds, environment, results }, undefined, 1)
  if (values.out !== undefined) await writeFile(values.out, `${report}\n`)
  if (values.svg !== undefined) await writeFile(values.svg, renderPlot(groups, scale))
  process.stdout.write(values.json ? `${report}\n` : `\n${describeEnvironment(environment)}\n`)
}

function environmentOf(called: Omit<Called, 'flags' | 'syncs'>): Promise<Environment> {
  return readEnvironment({
    ...called,
    flags: process.argv.slice(2),
    syncs: values.small ? 10 : 200,
  })
}

/** Those whose names contain one of the filters; all without any. */
function chooseMicros(filters: readonly string[]): typeof MICRO_BENCHES {
  const chosen = MICRO_BENCHES.filter(
    ({ name }) => filters.length === 0 || filters.some((filter) => name.includes(filter)),
  )
  if (chosen.length > 0) return chosen
  const names = MICRO_BENCHES.map(({ name }) => name).join(', ')
  return exit(`there is no ${filters.join(', ')} among ${names}`, 2)
}

async function runMicroBenches(micros: typeof MICRO_BENCHES): Promise<void> {
  const environment = await environmentOf({ pinned: false, isMemoryWarmed: false, hasPeers: false })
  const results: MicroResult[] = []
  for (const micro of micros) {
    const found = await runMicro(micro, values.small ? 'small' : 'full')
    results.push(...found)
    if (!values.json) process.stdout.write(`\n${renderMicro(found)}\n`)
  }
  const report = `${JSON.stringify({ environment, results }, undefined, 1)}\n`
  if (values.out !== undefined) await writeFile(values.out, report)
  process.stdout.write(values.json ? report : `\n${describeEnvironment(environment)}\n`)
}

function scaleOf(text: string): PlotScale {
  return text === 'linear' || text === 'log' ? text : exit('--scale is linear or log', 2)
}

function parseOverride(text: string): [string, number] {
  const [key = '', value = ''] = text.split('=')
  if (key === '' || value === '' || !Number.isFinite(Number(value))) {
    exit(`--set takes parameter=number, not ${text}`, 2)
  }
  return [key, Number(value)]
}

function exit(text: string, code: number): never {
  ;(code === 0 ? process.stdout : process.stderr).write(`${text}\n`)
  process.exit(code)
}
