/**
 * Finds the web console that is served at `/`: the built files of its package.
 *
 * The command works without it: from a checkout where it was not built, or installed without it.
 */

import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The directory of the console's files, undefined when they are not there. */
export function findConsoleFiles(): string | undefined {
  const manifest = resolveManifest()
  if (manifest === undefined) return undefined
  const directory = path.join(path.dirname(manifest), 'dist')
  return existsSync(path.join(directory, 'index.html')) ? directory : undefined
}

function resolveManifest(): string | undefined {
  try {
    return fileURLToPath(import.meta.resolve('@tailrace/console/package.json'))
  } catch {
    return undefined // Not installed.
  }
}
