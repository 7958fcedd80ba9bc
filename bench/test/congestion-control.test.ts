/** Connections are not paced while a bench runs, the machine is left as it was, and a result says what it had. */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { congestionControl, isPaced, UnpacedConnections } from '../harness/congestion-control.js'

let directory = ''
let setting = ''

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tailrace-congestion-'))
  setting = join(directory, 'tcp_congestion_control')
})
afterEach(() => rm(directory, { recursive: true }))

it('takes pacing away and puts it back', async () => {
  await writeFile(setting, 'bbr\n')
  {
    using _unpaced = UnpacedConnections.begin(setting)
    expect(congestionControl(setting)).toBe('cubic')
  }
  expect(congestionControl(setting)).toBe('bbr')
})

it('leaves what does not pace', async () => {
  await writeFile(setting, 'reno\n')
  {
    using _unpaced = UnpacedConnections.begin(setting)
    expect(congestionControl(setting)).toBe('reno')
    // Somebody else changes it meanwhile: not ours to put back.
    await writeFile(setting, 'bbr\n')
  }
  expect(await readFile(setting, 'utf8')).toBe('bbr\n')
})

it('goes on where the machine does not say', async () => {
  {
    using _unpaced = UnpacedConnections.begin(setting)
    expect(congestionControl(setting)).toBe('unknown')
  }
  expect(await readdir(directory)).toEqual([])
})

it('leaves what somebody has set meanwhile', async () => {
  await writeFile(setting, 'bbr\n')
  {
    using _unpaced = UnpacedConnections.begin(setting)
    await writeFile(setting, 'reno\n')
  }
  expect(congestionControl(setting)).toBe('reno')
})

it('goes on where nobody may set it', async () => {
  await writeFile(setting, 'bbr\n')
  const tried: unknown[] = []
  {
    using _unpaced = UnpacedConnections.begin(setting, (_path, name) => {
      tried.push(name)
      throw new Error('EACCES')
    })
    expect(congestionControl(setting)).toBe('bbr')
  }
  expect(tried).toEqual(['cubic', 'reno'])
  expect(await readFile(setting, 'utf8')).toBe('bbr\n')
})

it('knows what paces', () => {
  expect(['bbr', 'bbr3', 'cubic', 'vegas', 'unknown'].map(isPaced)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ])
})
