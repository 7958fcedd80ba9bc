/** Every scenario, in the order in which they run. */
import type { Scenario } from '../harness/scenario.js'
import { browser } from './browser.js'
import { coldReplay } from './cold-replay.js'
import { embedded } from './embedded.js'
import { endToEnd } from './end-to-end.js'
import { fanOut } from './fan-out.js'
import { latency } from './latency.js'
import { limits } from './limits.js'
import { manyStreams } from './many-streams.js'
import { memory } from './memory.js'
import { publish } from './publish.js'
import { reopen } from './reopen.js'
import { replay } from './replay.js'
import { safety } from './safety.js'
import { seek } from './seek.js'
import { single } from './single.js'
import { slowSubscriber } from './slow-subscriber.js'

export const SCENARIOS: readonly Scenario<object>[] = [
  publish,
  replay,
  single,
  endToEnd,
  latency,
  fanOut,
  browser,
  slowSubscriber,
  manyStreams,
  memory,
  embedded,
  seek,
  safety,
  reopen,
  coldReplay,
  limits,
]
