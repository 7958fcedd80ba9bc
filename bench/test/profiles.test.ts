/** `--cpu-prof`: where the time of a scenario goes, for each of its processes. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))

interface Profile {
  readonly nodes: readonly { readonly callFrame: { readonly url: string } }[]
  readonly samples: readonly number[]
}

it('leaves a profile of each process, with the functions that it ran', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'bench-profiles-'))
  try {
    const words = ['single', '--small', '--json', '--cpu-prof', directory]
    await promisify(execFile)(process.execPath, [main, ...words])
    const names = (await readdir(directory)).sort()
    expect(names).toEqual([
      'single-bare-records-client-3.cpuprofile',
      'single-bare-server-2.cpuprofile',
      'single-tailrace-client-1.cpuprofile',
      'single-tailrace-server-0.cpuprofile',
    ])
    for (const name of names) {
      const profile = JSON.parse(await readFile(join(directory, name), 'utf8')) as Profile
      expect(profile.samples.length).toBeGreaterThan(0)
      // The bare pair may be through with its few records between two samples.
      if (name.includes('bare')) continue
      const own = profile.nodes.filter(({ callFrame }) => callFrame.url.includes('/dist/'))
      expect(own.length).toBeGreaterThan(0)
    }
  } finally {
    await rm(directory, { recursive: true })
  }
}, 60_000)
