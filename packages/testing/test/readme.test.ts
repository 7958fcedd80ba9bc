/**
 * The README as a stranger reads it: its commands are run, in their order, against a real server, and
 * so are its programs.
 *
 * What is changed before running is only where things are: the command is the built one instead of
 * `npm run -s tailrace --` (which would build again while other tests run), the server is on a free
 * port, and data goes to a temporary directory.
 */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { codeBlocks, section } from './tidy/markdown.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const COMMAND = `"${process.execPath}" packages/cli/dist/main.js`
const README = readFileSync(path.join(ROOT, 'README.md'), 'utf8')

/** How long a program of the README may take; each takes less than a second. */
const PATIENCE_MS = 20_000

interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A program that runs in the checkout, and what it has said so far. */
class Running {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  #onOutput: () => void = () => undefined

  constructor(program: string, args: readonly string[], options: { input?: string } = {}) {
    const { NO_COLOR: _color, ...inherited } = process.env
    const env = { ...inherited, TAILRACE_URL: server?.url ?? '' }
    this.child = spawn(program, args, { cwd: ROOT, env, stdio: 'pipe' })
    this.child.stdout?.on('data', (piece: Buffer) => {
      this.stdout += piece.toString()
      this.#onOutput()
    })
    this.child.stderr?.on('data', (piece: Buffer) => {
      this.stderr += piece.toString()
      this.#onOutput()
    })
    this.child.stdin?.end(options.input ?? '')
  }

  /** Resolves when it has said something like this on either output. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const closed = once(this.child, 'close').then(() => 'closed' as const)
    for (;;) {
      const found = pattern.exec(`${this.stdout}\n${this.stderr}`)
      if (found !== null) return found
      const output = new Promise<'output'>((resolve) => {
        this.#onOutput = () => resolve('output')
      })
      if ((await Promise.race([output, closed])) === 'closed') {
        throw new Error(`ended without saying ${String(pattern)}:\n${this.stdout}\n${this.stderr}`)
      }
    }
  }

  /** Resolves when it has ended. One that does not is ended, and what it had said is the error. */
  async ended(): Promise<Outcome> {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    try {
      if (this.child.exitCode === null) await once(this.child, 'close', { signal })
    } catch {
      this.child.kill('SIGKILL')
      throw new Error(`does not end:\n${this.stdout}\n${this.stderr}`)
    }
    return { status: this.child.exitCode, stdout: this.stdout, stderr: this.stderr }
  }
}

let directory = ''
let server: { readonly url: string; readonly running: Running } | undefined

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'tailrace-readme-'))
  const args = ['serve', '--port', '0', '--data', path.join(directory, 'data')]
  const running = new Running(process.execPath, ['packages/cli/dist/main.js', ...args])
  const [url = ''] = await running.says(/ws:\/\/[\d.]+:\d+/)
  server = { url, running }
})

afterAll(async () => {
  server?.running.child.kill('SIGINT')
  await server?.running.ended()
  rmSync(directory, { recursive: true, force: true })
})

/** The commands of a block, with the command that was built. */
function shell(block: string): Running {
  const script = block.replaceAll('npm run -s tailrace --', COMMAND)
  return new Running('bash', ['-e', '-c', script])
}

/** A program of the README as Node runs it in the checkout. */
function program(source: string): Running {
  const moved = source
    .replaceAll('ws://127.0.0.1:4455', server?.url ?? '')
    .replaceAll("'./orders-data'", JSON.stringify(path.join(directory, 'embedded')))
  return new Running(process.execPath, ['--input-type=module'], { input: moved })
}

function blocksUnder(heading: string, language: string): string[] {
  const blocks = codeBlocks(section(README, heading))
  return blocks.filter((block) => block.language === language).map(({ text }) => text)
}

describe('the tour', () => {
  const [first = '', follow = '', arrive = ''] = blocksUnder('One minute', 'sh')
  const lines = readFileSync(path.join(ROOT, 'pnpm-lock.yaml'), 'utf8').split('\n').slice(0, -1)

  it('publishes a file and gives it back', async () => {
    const { status, stdout, stderr } = await shell(first).ended()
    expect(stderr).toContain(`published ${lines.length.toLocaleString('en')} records`)
    expect(status, stderr).toBe(0)
    const said = stdout.split('\n')
    expect(said[0]).toBe('the same bytes')
    const offsets = [1000, 1001, 1002].map((offset) => `${offset}\t${lines[offset] ?? ''}`)
    expect(said.slice(1, 4)).toEqual(offsets)
    expect(said.slice(4, 7)).toEqual(lines.slice(-3))
    expect(said[7]).toMatch(/^ +0 .*lockfileVersion/)
    expect(stdout).toMatch(/^lines +[\d,]+/m)
  })

  it('shows a line as it arrives', async () => {
    const tail = shell(`exec ${follow}`)
    await tail.says(/following/)
    const { status, stderr } = await shell(arrive).ended()
    expect(status, stderr).toBe(0)
    await tail.says(new RegExp(`\\b${new Date().getFullYear()}\\b`))
    tail.child.kill('SIGINT')
    expect((await tail.ended()).status).toBe(0)
  })

  it('has a page to look at', async () => {
    const response = await fetch((server?.url ?? '').replace(/^ws/, 'http'))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toContain('text/html')
  })
})

describe('the programs', () => {
  const [embedded = '', client = '', page = ''] = blocksUnder('Three ways to use it', 'js')

  it('embeds the log', async () => {
    const { status, stdout, stderr } = await program(embedded).ended()
    expect(status, stderr).toBe(0)
    expect(stdout).toBe('stored from offset 0 on\n0 two coffees\n1 one tea\n')
    expect(embedded.trim().split('\n').length).toBeLessThanOrEqual(20)
  })

  it('publishes and replays', async () => {
    const { status, stdout, stderr } = await program(client).ended()
    expect(status, stderr).toBe(0)
    expect(stdout).toBe("published at offset 0\n0 { id: 1, item: 'coffee' }\n")
  })

  it('tails in a page, of which only what it needs is there', async () => {
    const dom = 'globalThis.document = { body: { append: (text) => console.log(text) } }\n'
    const running = program(dom + page)
    await running.says(/^0: \{"id":1,"item":"coffee"\}$/m)
    running.child.kill()
    await running.ended()
  })
})

describe('the set-up', () => {
  it('is two commands', () => {
    const [setUp = ''] = codeBlocks(README).map(({ text }) => text)
    const commands = setUp.split('\n').map((line) => line.replace(/\s*#.*/, ''))
    expect(commands.filter((line) => line !== '')).toEqual(['npm start', 'npm test'])
    const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    expect(manifest.scripts['start']).toContain('--port 4455')
    expect(manifest.scripts['tailrace']).toBe('exec node .config/run.mjs')
  })
})
