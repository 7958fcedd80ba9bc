/** A real directory of its own for a test, removed when the test's scope ends. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TemporaryDirectory extends Disposable {
  readonly path: string
  /** A path below it. */
  at(...parts: string[]): string
}

/** `using directory = temporaryDirectory()`. */
export function temporaryDirectory(): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), 'tailrace-core-'))
  return {
    path,
    at: (...parts) => join(path, ...parts),
    [Symbol.dispose]() {
      rmSync(path, { recursive: true, force: true })
    },
  }
}
