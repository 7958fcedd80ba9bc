/**
 * `tailrace verify`: whole stores, those that are being written to, its progress, and being interrupted.
 * What it finds of damage is in repair.test.ts.
 */

import { appendFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { run } from '../support/command.js'
import {
  copyOf,
  DAMAGES,
  hashOf,
  makeStore,
  RECORD_COUNT,
  segmentsOf,
} from '../support/damaged-store.js'
import { ServerProcess, TemporaryDirectory } from '../support/server.js'
import { startOnTerminal } from '../support/terminal.js'

/** Many processes, on a machine that may have others. */
const TIMEOUT_MS = 120_000

const GIB = 1024 ** 3
const PAGE_BYTES = 4096

/** Streams, by name. */
const DAMAGED_STREAM = 'orders'
const WHOLE_STREAM = 'other'

let pristine: TemporaryDirectory
let data: string

beforeAll(async () => {
  pristine = await TemporaryDirectory.create()
  data = pristine.file('data')
  await makeStore(data, [DAMAGED_STREAM, WHOLE_STREAM])
})

afterAll(() => pristine[Symbol.asyncDispose]())

type Json = Readonly<Record<string, unknown>>

function jsonOf(stdout: Buffer): readonly Json[] {
  const lines = stdout.toString().split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Json)
}

describe('verify of a store without damage', () => {
  it('has a line for each stream and the result, and changes nothing', async () => {
    const before = await hashOf(data)
    const { status, stdout, stderr } = await run(['verify', '--data', data])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const lines = stdout.toString().split('\n')
    expect(lines[0]).toMatch(/^STREAM +RECORDS +OFFSETS +SIZE +SEGMENTS +STATE$/)
    expect(lines[1]).toMatch(/^orders +450 +0 to 449 +[\d.]+ KiB +\d  ok$/)
    expect(lines[2]).toMatch(/^other +450 +0 to 449 +[\d.]+ KiB +\d  ok$/)
    expect(lines.slice(3)).toEqual([
      '',
      expect.stringMatching(
        /^verified 2 streams, 900 records, [\d.]+ KiB in \d+\.\d s: no damage$/,
      ),
      '',
    ])
    expect(await hashOf(data)).toBe(before)
  })

  it('says the same as JSON', async () => {
    const { status, stdout } = await run(['verify', '--data', data, '--json'])
    expect(status).toBe(0)
    const [orders, other, store, ...more] = jsonOf(stdout)
    expect(more).toEqual([])
    expect(Object.keys(orders ?? {}).sort()).toEqual(
      [
        ...['type', 'name', 'isSound', 'lostRecords', 'segments', 'batches', 'records', 'bytes'],
        ...['startOffset', 'endOffset', 'defects', 'warnings', 'gaps', 'evidence', 'tornTail'],
      ].sort(),
    )
    expect(orders).toMatchObject({
      type: 'stream',
      name: DAMAGED_STREAM,
      isSound: true,
      lostRecords: 0,
      batches: RECORD_COUNT / 3,
      records: RECORD_COUNT,
      startOffset: 0,
      endOffset: RECORD_COUNT,
      tornTail: null,
    })
    expect(other).toMatchObject({ type: 'stream', name: WHOLE_STREAM, isSound: true })
    expect(store).toEqual({
      type: 'store',
      directory: data,
      isSound: true,
      streams: 2,
      damagedStreams: [],
      records: 2 * RECORD_COUNT,
      bytes: Number(orders?.['bytes']) + Number(other?.['bytes']),
      seconds: expect.any(Number) as number,
      defects: [],
      warnings: [],
    })
  })

  it('ends with 0 for what harms nothing, and notes it', async () => {
    await using copy = await copyOf(data)
    const directory = copy.file('data', 'streams', DAMAGED_STREAM)
    const index = (await readdir(directory)).find((name) => name.endsWith('.index')) ?? ''
    await rm(path.join(directory, index))
    await writeFile(path.join(directory, 'notes\u001b[31m.txt'), 'mine')
    const { status, stdout } = await run(['verify', '--data', copy.file('data')])
    expect(status).toBe(0)
    expect(stdout.toString()).toMatch(/^orders .* ok \(2 notes\)$/m)
    expect(stdout.toString()).toMatch(/^ {2}note {7}0+\.log\n {13}its index .* made anew/m)
    expect(stdout.toString()).toContain('notes\\x1b[31m.txt\n')
  })

  it('ends with 0 for a torn tail, and says that nothing is to be done', async () => {
    await using copy = await copyOf(data)
    const last = (await segmentsOf(copy.file('data', 'streams', DAMAGED_STREAM))).at(-1) ?? ''
    await appendFile(last, 'TR and what was to follow')
    const { status, stdout } = await run(['verify', '--data', copy.file('data')])
    expect(status).toBe(0)
    expect(stdout.toString()).toMatch(/^orders .* ok \(torn tail\)$/m)
    expect(stdout.toString()).toContain('nothing to be done\n')
  })
})

describe('verify of one stream', () => {
  it('looks at no other', async () => {
    await using copy = await copyOf(data)
    await DAMAGES[0]?.inflict(copy.file('data', 'streams', DAMAGED_STREAM))
    const whole = await run(['verify', WHOLE_STREAM, '--data', copy.file('data'), '--json'])
    expect(whole.status).toBe(0)
    expect(jsonOf(whole.stdout).map(({ name }) => name)).toEqual([WHOLE_STREAM, undefined])
    const damaged = await run(['verify', DAMAGED_STREAM, '--data', copy.file('data'), '--json'])
    expect(damaged.status).toBe(6)
    expect(jsonOf(damaged.stdout)).toMatchObject([
      { type: 'stream', isSound: false, lostRecords: 3, defects: [{ code: 'CHECKSUM_MISMATCH' }] },
      { type: 'store', isSound: false, damagedStreams: [DAMAGED_STREAM] },
    ])
  })

  it.each([
    [['nowhere'], 3, /no stream "nowhere".*\(STREAM_NOT_FOUND\)\n$/],
    [['orders', 'other'], 2, /unknown argument: other.*\(USAGE\)\n$/],
  ])('%j ends with %i', async (words, status, message) => {
    const outcome = await run(['verify', ...words, '--data', data])
    expect(outcome).toMatchObject({ status })
    expect(outcome.stderr).toMatch(message)
  })
})

describe('verify of something else', () => {
  it('ends with 5', async () => {
    for (const [name, message] of [
      ['none', /there is no directory ".*none"/],
      ['data/streams', /is no data directory/],
      ['data/store.meta', /there is no directory/],
    ] as const) {
      const { status, stdout, stderr } = await run(['verify', '--data', pristine.file(name)])
      expect({ status, stdout: stdout.toString() }).toEqual({ status: 5, stdout: '' })
      expect(stderr).toMatch(message)
      expect(stderr).toMatch(/^tailrace: .*\(STORE_NOT_FOUND\)\n$/)
    }
  })
})

describe('verify beside a server', { timeout: TIMEOUT_MS }, () => {
  it('finds no damage in what is being published', async () => {
    await using server = await ServerProcess.start()
    await server.run(['streams', 'create', 'busy', '--segment-bytes', '64KiB'])
    await using publish = server.start(['publish', 'busy', '-', '--json'])
    const writing = { goesOn: true }
    const chunk = `${'a line of text '.repeat(20)}\n`.repeat(50)
    const written = (async () => {
      while (writing.goesOn) await publish.write(chunk)
    })()
    const counts: number[] = []
    // Until it has seen the stream grow a few times, through several segments.
    while (counts.length < 4 || new Set(counts).size < 3) {
      const { status, stdout, stderr } = await run([
        ...['verify', '--data', server.dataDirectory, '--json'],
      ])
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      counts.push(Number(jsonOf(stdout).at(-1)?.['records']))
    }
    expect([...counts].sort((left, right) => left - right)).toEqual(counts)
    writing.goesOn = false
    await written
    publish.end()
    const { status, stdout } = await publish.ended
    expect(status).toBe(0)
    const { records } = JSON.parse(stdout.toString()) as { readonly records: number }
    const last = await run(['verify', 'busy', '--data', server.dataDirectory, '--json'])
    expect(jsonOf(last.stdout)[0]).toMatchObject({ records, endOffset: records })
  })
})

describe('Ctrl-C in the middle of a verify', { timeout: TIMEOUT_MS }, () => {
  it('ends it with 130, after a progress bar, and says that there is no result', async () => {
    await using copy = await copyOf(data)
    // A hole takes no room on the disk, and longer to look at than anybody waits.
    const [, segment = ''] = await segmentsOf(copy.file('data', 'streams', DAMAGED_STREAM))
    await truncate(segment, PAGE_BYTES)
    await truncate(segment, 64 * GIB)
    await using verify = startOnTerminal(['verify', '--data', copy.file('data')])
    await verify.stdoutText(/[█░]{24} +\d+% · .* of 64 GiB · stream "orders" · .* left/)
    await verify.write('\u0003')
    const { status, stdout } = await verify.ended
    expect(status).toBe(130)
    expect(stdout.toString()).toMatch(/tailrace: interrupted after .* of 64 GiB: no result/)
    expect(stdout.toString()).not.toContain('verified')
  })
})
