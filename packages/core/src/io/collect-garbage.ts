/** Asks for a garbage collection. The only place of core that does. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Collects garbage now: 1 ms with a small heap, 100 ms with a large one. Buffers are freed some turns later.
 *
 * Programs are not started with `--expose-gc`; a context that is made under the flag has the function.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  try {
    const collect = runInNewContext('gc') as () => void
    collect()
  } finally {
    setFlagsFromString('--no-expose-gc')
  }
}
