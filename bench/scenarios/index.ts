/** Every scenario, in the order in which they run. */
import type { Scenario } from '../harness/scenario.js'
import { publish } from './publish.js'
import { reopen } from './reopen.js'
import { replay } from './replay.js'
import { safety } from './safety.js'

export const SCENARIOS: readonly Scenario<object>[] = [publish, replay, safety, reopen]
