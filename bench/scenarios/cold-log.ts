/** A log that has to be read from the disk. */
import { evictFromPageCache } from '../harness/page-cache.js'
import type { ScenarioContext } from '../harness/scenario.js'

/**
 * Takes a log out of the page cache, or remarks that it is there. Also waits until the memory that this has
 * freed is taken again: the log's pages come into warm memory.
 */
export async function evictLog(
  context: ScenarioContext<{ readonly cold: number }>,
  directory: string,
): Promise<void> {
  if (context.parameters.cold === 0 || !evictFromPageCache(directory)) {
    context.remark('NOT COLD: the log was left in the page cache: see --set cold=1, and dd of GNU')
  }
  await context.settle()
}
