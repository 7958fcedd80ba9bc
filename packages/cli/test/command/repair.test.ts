/**
 * `tailrace verify` and `tailrace repair` on real damage: found, explained, repaired, and read again
 * through a server.
 */

import { readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { run } from '../support/command.js'
import { copyOf, DAMAGES, hashOf, linesWithout, makeStore } from '../support/damaged-store.js'
import { ServerProcess, TemporaryDirectory } from '../support/server.js'

/** Many processes, on a machine that may have others. */
const TIMEOUT_MS = 120_000

const WHOLE = 'whole'
const NAMES = [...DAMAGES.map(({ name }) => name), WHOLE]

let pristine: TemporaryDirectory

beforeAll(async () => {
  pristine = await TemporaryDirectory.create()
  await makeStore(pristine.file('data'), NAMES)
})

afterAll(() => pristine[Symbol.asyncDispose]())

type Json = Readonly<Record<string, unknown>>

/** What was lost of a stream, end exclusive. */
type Lost = readonly [from: number, to: number]

function jsonOf(stdout: Buffer): readonly Json[] {
  const lines = stdout.toString().split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Json)
}

function rangeText([from, to]: Lost): string {
  return `${to - from} records (offsets ${from} to ${to - 1})`
}

/** Evidence in the directory of a stream. */
async function evidenceIn(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith('.damaged')).sort()
}

describe('a data directory with damaged streams', { timeout: TIMEOUT_MS }, () => {
  let copy: TemporaryDirectory
  let data: string
  let damaged: string
  const lost = new Map<string, Lost>()

  beforeAll(async () => {
    copy = await copyOf(pristine.file('data'))
    data = copy.file('data')
    for (const { name, inflict } of DAMAGES) lost.set(name, await inflict(directoryOf(name)))
    damaged = await hashOf(data)
  })

  afterAll(() => copy[Symbol.asyncDispose]())

  function directoryOf(name: string): string {
    return path.join(data, 'streams', name)
  }

  /** Runs a command about each damaged stream. */
  async function ofEach(test: (name: string, lost: Lost) => Promise<void>): Promise<void> {
    await Promise.all([...lost].map(([name, range]) => test(name, range)))
  }

  it('is verified: every damage is found, with what it costs, and the next step is said', async () => {
    const { status, stdout, stderr } = await run(['verify', '--data', data])
    const text = stdout.toString()
    expect(status).toBe(6)
    for (const [name, [from, to]] of lost) {
      const state = `damaged: \\d defects?, ${to - from} records unreadable`
      expect(text).toMatch(new RegExp(`^${name} .* ${state}$`, 'm'))
    }
    expect(text).toMatch(/^whole .* ok$/m)
    expect(text).toMatch(
      /^stream "flipped-bit"\n {2}damage {5}\d+\.log, positions \d+ to \d+ \(.*\)\n/m,
    )
    expect(text).toContain(': damage in 4 of 5 streams\n')
    expect(stderr).toMatch(/a repair would do: tailrace repair cut-file --data .* \(DAMAGED\)\n$/)
  })

  it('is left as it is by a repair without --apply, which says what it would do', async () => {
    await ofEach(async (name, range) => {
      const { status, stdout, stderr } = await run(['repair', name, '--data', data])
      expect({ name, status }).toEqual({ name, status: 6 })
      expect(stdout.toString()).toContain('nothing is done yet:')
      expect(stdout.toString()).toContain(`give up   ${rangeText(range)}; readers are told`)
      const sum = new RegExp(`^lost for good +${range[1] - range[0]} records$`, 'm')
      expect(stdout.toString()).toMatch(sum)
      expect(stderr).toMatch(/^tailrace: nothing was changed; .* --apply \(DAMAGED\)\n$/)
    })
    expect(await hashOf(data)).toBe(damaged)
  })

  it('is repaired with --apply, and the evidence is where it says', async () => {
    for (const [name, [from, to]] of lost) {
      const { status, stdout } = await run([
        ...['repair', name, '--data', data, '--apply', '--json', '--quiet'],
      ])
      expect({ name, status }).toEqual({ name, status: 0 })
      const [report] = jsonOf(stdout)
      expect(report).toMatchObject({
        directory: directoryOf(name),
        stream: name,
        isNeeded: true,
        isApplied: true,
        lostRecords: to - from,
        gaps: [{ from, to, reason: 'damage' }],
        unrepairable: [],
      })
      const actions = report?.['actions'] as readonly Json[]
      const files = actions.flatMap(({ file }) => (typeof file === 'string' ? [file] : []))
      expect(await evidenceIn(directoryOf(name))).toEqual([...files].sort())
    }
    const verified = await run(['verify', '--data', data, '--json'])
    expect(verified.status).toBe(0)
    for (const found of jsonOf(verified.stdout).filter(({ type }) => type === 'stream')) {
      const range = lost.get(String(found['name']))
      const gaps = range === undefined ? [] : [{ from: range[0], to: range[1], reason: 'damage' }]
      const evidence = await evidenceIn(directoryOf(String(found['name'])))
      expect(found).toMatchObject({ defects: [], gaps, evidence })
    }
    const again = await run(['repair', 'cut-file', '--data', data, '--apply'])
    expect(again).toMatchObject({ status: 0, stderr: '' })
    expect(again.stdout.toString()).toContain('nothing to repair')
  })

  it('is served after that: a replay reports the gap and has everything else', async () => {
    const server = await ServerProcess.on(copy)
    try {
      await ofEach(async (name, range) => {
        const { status, stdout, stderr } = await server.run(['replay', name])
        expect({ name, status }).toEqual({ name, status: 6 })
        expect(stdout.toString()).toBe(linesWithout([range]))
        expect(stderr).toContain(`${rangeText(range)} cannot be delivered: damaged on disk\n`)
      })
      await server.run(['publish', 'deleted-file', '-'], { input: 'it goes on\n' })
      const newest = await server.run(['replay', 'deleted-file', '--from', 'last:1', '--offsets'])
      expect(newest.stdout.toString()).toBe('450\tit goes on\n')
    } finally {
      await server[Symbol.asyncDispose]()
    }
  })
})

describe('repair', { timeout: TIMEOUT_MS }, () => {
  it('has nothing to do for a whole stream', async () => {
    const before = await hashOf(pristine.file('data'))
    const { status, stdout, stderr } = await run([
      ...['repair', WHOLE, '--data', pristine.file('data')],
    ])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.toString()).toMatch(/^stream "whole" in .*streams\/whole\nnothing to repair\n$/)
    expect(await hashOf(pristine.file('data'))).toBe(before)
  })

  it('says what it would do beside a server, and refuses to do it', async () => {
    await using server = await ServerProcess.start((directory) => makeStore(directory, [WHOLE]))
    const args = ['repair', WHOLE, '--data', server.dataDirectory]
    expect(await run(args)).toMatchObject({ status: 0, stderr: '' })
    const { status, stdout, stderr } = await run([...args, '--apply'])
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 5, stdout: '' })
    expect(stderr).toMatch(/in use by process \d+ .*stop that process.* \(STORE_LOCKED\)\n$/)
  })

  it('ends with 6 and changes nothing where it has nothing to go by', async () => {
    await using copy = await copyOf(pristine.file('data'))
    const data = copy.file('data')
    await rm(path.join(data, 'streams', WHOLE, 'stream.meta'))
    const found = await run(['verify', '--data', data])
    expect(found.status).toBe(6)
    expect(found.stdout.toString()).toContain('UNREADABLE: stream.meta is missing')
    // Beside them, the lock names its last holder.
    const before = await hashOf(path.join(data, 'streams'))
    const { status, stderr } = await run(['repair', WHOLE, '--data', data, '--apply'])
    expect(status).toBe(6)
    expect(stderr).toMatch(/stream.meta is missing; restore stream.meta .* \(STREAM_CORRUPT\)\n$/)
    expect(await hashOf(path.join(data, 'streams'))).toBe(before)
  })

  it('ends with 6 and says what stays for a person, such as damaged cursors', async () => {
    await using copy = await copyOf(pristine.file('data'))
    const data = copy.file('data')
    await writeFile(path.join(data, 'streams', WHOLE, 'cursors'), 'not cursors')
    const { status, stdout, stderr } = await run(['repair', WHOLE, '--data', data, '--apply'])
    expect(status).toBe(6)
    expect(stdout.toString()).toContain('a repair would change nothing')
    expect(stdout.toString()).toContain('cursors: "cursors" is damaged: no header line; restore it')
    expect(stderr).toMatch(/^tailrace: 1 defect cannot be repaired, .*damage.md \(DAMAGED\)\n$/)
  })

  it.each([
    [['nowhere'], 3, /no stream "nowhere".*\(STREAM_NOT_FOUND\)/],
    [['../orders'], 2, /\(INVALID_STREAM_NAME\)/],
    [[], 2, /not enough.*\(USAGE\)/],
  ])('of %j ends with %i', async (words, status, message) => {
    const outcome = await run(['repair', ...words, '--data', pristine.file('data')])
    expect(outcome).toMatchObject({ status })
    expect(outcome.stderr).toMatch(message)
  })

  it('ends with 5 where there is no data directory', async () => {
    const { status, stderr } = await run(['repair', WHOLE, '--data', pristine.file('none')])
    expect(status).toBe(5)
    expect(stderr).toMatch(/there is no directory ".*none".*\(STORE_NOT_FOUND\)\n$/)
  })
})
