/** `npm run bench`: publish and replay beside the bare limit, as a table or as JSON. */
import { parseArgs } from 'node:util'
import { canPin } from './harness/actor-process.js'
import { readEnvironment } from './harness/environment.js'
import { renderReport, summarize } from './harness/report.js'
import { publishReplay } from './scenarios/publish-replay.js'

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '4000000' },
    size: { type: 'string', default: '128' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
  },
})
const pinned = canPin()
const parameters = values.smoke
  ? { records: 20_000, sizeBytes: 128, rounds: 1, pinned }
  : {
      records: Number(values.records),
      sizeBytes: Number(values.size),
      rounds: Number(values.rounds),
      pinned,
    }
const runs = await publishReplay(parameters)
const rows = summarize(runs)
const environment = readEnvironment(pinned)
if (values.json)
  process.stdout.write(`${JSON.stringify({ parameters, environment, rows, runs })}\n`)
else process.stdout.write(`${renderReport(rows, environment)}\n`)
