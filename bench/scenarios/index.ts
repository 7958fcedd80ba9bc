/** Every scenario, in the order in which they run. */
import type { Scenario } from '../harness/scenario.js'
import { embedded } from './embedded.js'
import { endToEnd } from './end-to-end.js'
import { fanOut } from './fan-out.js'
import { latency } from './latency.js'
import { limits } from './limits.js'
import { publish } from './publish.js'
import { reopen } from './reopen.js'
import { replay } from './replay.js'
import { safety } from './safety.js'
import { single } from './single.js'

export const SCENARIOS: readonly Scenario<object>[] = [
  publish,
  replay,
  single,
  endToEnd,
  latency,
  fanOut,
  embedded,
  safety,
  reopen,
  limits,
]
