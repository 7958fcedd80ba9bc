/** What this process holds open, as Linux tells it. */

import { readdirSync, readlinkSync } from 'node:fs'

const DESCRIPTORS = '/proc/self/fd'

/** The files and directories below `root` on which this process has a descriptor. */
export function descriptorsBelow(root: string): string[] {
  return readdirSync(DESCRIPTORS)
    .map(targetOf)
    .filter((target) => target.startsWith(root))
}

function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`${DESCRIPTORS}/${descriptor}`)
  } catch {
    return '' // The one that read the directory is gone.
  }
}
