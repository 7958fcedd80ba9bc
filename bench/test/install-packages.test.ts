/**
 * The script that installs packages, with an `apt-get` of the test's: while it runs no service may start,
 * afterwards whoever decided that before decides it again.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const script = fileURLToPath(new URL('../peers/install-packages.sh', import.meta.url))

let directory = ''
let policy = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bench-install-'))
  policy = join(directory, 'policy-rc.d')
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

/** Each call notes its words and the answer of the policy, then does what the test wants. */
async function fakeAptGet(then = 'exit 0'): Promise<void> {
  await executable(
    join(directory, 'apt-get'),
    `"${policy}" && may=0 || may=$?\necho "$1 may start: $may" >>"${directory}/calls"\n${then}`,
  )
}

async function executable(file: string, body: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\n${body}\n`)
  await chmod(file, 0o755)
}

const environment = () => ({ ...process.env, PATH: `${directory}:${process.env['PATH'] ?? ''}` })

function install(): number | null {
  return spawnSync('sh', [script, policy, 'some-server'], { env: environment() }).status
}

const calls = () => readFile(join(directory, 'calls'), 'utf8')

describe('installing packages', () => {
  it('forbids services to start meanwhile, and leaves nothing behind', async () => {
    await fakeAptGet()
    expect(install()).toBe(0)
    expect(await calls()).toBe('update may start: 101\ninstall may start: 101\n')
    expect((await readdir(directory)).sort()).toEqual(['apt-get', 'calls'])
  })

  it('puts back the policy that was there, after a failure too', async () => {
    for (const [then, code] of [
      ['exit 0', 0],
      ['exit 7', 7],
    ] as const) {
      await fakeAptGet(then)
      await executable(policy, 'exit 3')
      expect(install()).toBe(code)
      expect(await readFile(policy, 'utf8')).toBe('#!/bin/sh\nexit 3\n')
      expect(spawnSync(policy).status).toBe(3)
    }
    expect(await calls()).not.toContain('may start: 3')
  })

  it('puts it back when it is interrupted', async () => {
    await fakeAptGet('echo waiting; read line')
    await executable(policy, 'exit 3')
    const child = spawn('sh', [script, policy, 'some-server'], { env: environment() })
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    // The shell hears of the signal once what it waits for has ended.
    child.stdin.end('\n')
    expect(await once(child, 'exit')).toEqual([130, null])
    expect(spawnSync(policy).status).toBe(3)
  })

  it('puts right what a killed run left', async () => {
    await fakeAptGet('echo waiting; read line')
    await executable(policy, 'exit 3')
    const child = spawn('sh', [script, policy, 'some-server'], { env: environment() })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    child.stdin.end('\n')
    expect(spawnSync(policy).status).toBe(101)
    await fakeAptGet()
    expect(install()).toBe(0)
    expect(spawnSync(policy).status).toBe(3)
    expect(await readdir(directory)).not.toContain('policy-rc.d.kept-by-tailrace-bench')
  })
})
