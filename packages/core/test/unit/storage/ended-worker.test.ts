/** A worker thread may end at any moment, also while a file is being prepared for it. */
import { execFile } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../../support/temporary.js'

describe('a worker thread that ends while blocks are reserved', () => {
  it('does not take the process along', async () => {
    using directory = temporaryDirectory()
    const program = fileURLToPath(new URL('../../programs/ended-worker.mjs', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [program, directory.at('file')])
    expect(stdout).toBe('ended\n')
  }, 60_000)
})
