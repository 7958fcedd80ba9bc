/**
 * `tailrace dump`: whole segments, damaged ones, and files that are none.
 */

import { connect } from '@tailrace/client'
import { copyFile, mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { run } from '../support/command.js'
import { ServerProcess } from '../support/server.js'

const SEGMENT_NAME = '00000000000000000000.log'
const SEGMENT_HEADER_BYTES = 128

const HEADERS = { source: 'shop' }
const TIME = expect.stringMatching(/^20\d\d-.*Z$/) as string

let server: ServerProcess
let streamDirectory: string
let segment: string

/** Three batches of one stream, and a server that has stopped. */
beforeAll(async () => {
  server = await ServerProcess.start()
  await server.run(['publish', 'notes', '-'], { input: 'one\ntwo\n' })
  await server.run(['publish', 'notes', '-'], { input: '{"n":3}\n' })
  await server.run(['publish', 'notes', '-', '--ndjson', '--key-field', 'n'], {
    input: '{"n":4}\n',
  })
  const client = await connect(server.url)
  const timeUs = Date.UTC(2026, 10, 20, 10) * 1000 + 1
  await client.stream('headed').ensure()
  await client.stream('headed').publish({ id: 1 }, { key: 'c-17', headers: HEADERS, timeUs })
  await client.close()
  server.command.kill('SIGTERM')
  await server.command.ended
  streamDirectory = path.join(server.dataDirectory, 'streams', 'notes')
  segment = path.join(streamDirectory, SEGMENT_NAME)
})

afterAll(() => server[Symbol.asyncDispose]())

type Line = Readonly<Record<string, unknown>>

function jsonOf(stdout: Buffer): Line[] {
  const lines = stdout.toString().split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Line)
}

async function batchesOf(file: string): Promise<Line[]> {
  const { stdout } = await run(['dump', file, '--json'])
  return jsonOf(stdout).filter(({ type }) => type === 'batch')
}

/** A copy of the segment under the same name, changed. */
async function changedCopy(name: string, change: (bytes: Buffer) => Uint8Array): Promise<string> {
  const directory = server.directory.file(name)
  await mkdir(directory)
  const file = path.join(directory, SEGMENT_NAME)
  await writeFile(file, change(await readFile(segment)))
  return file
}

/** Changes one bit of the byte at `position`. */
function flipped(bytes: Buffer, position: number): Buffer {
  bytes.writeUInt8(bytes.readUInt8(position) ^ 0x10, position)
  return bytes
}

describe('dump', () => {
  it('shows header, recovery point and every batch of a segment', async () => {
    const { status, stdout, stderr } = await run(['dump', segment])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const lines = stdout.toString().split('\n')
    expect(lines[0]).toContain(segment)
    expect(stdout.toString()).toMatch(/^ {2}stream id {7}[0-9a-f]{32}$/m)
    expect(stdout.toString()).toMatch(/^ {2}base offset {5}0$/m)
    expect(stdout.toString()).toMatch(
      /^ {2}recovery point {2}durable below offset 4, position \d+ /m,
    )
    const first = lines.find((line) => /^ +128 /.test(line)) ?? ''
    expect(first.trim().split(/ {2,}/).slice(2, 4)).toEqual(['0', '2'])
    expect(stdout.toString()).toMatch(/ {2}3 batches, 4 records, data ends at .*: all checks ok\n/)
  })

  it('shows the same as JSON', async () => {
    const { status, stdout } = await run(['dump', segment, '--json'])
    expect(status).toBe(0)
    const lines = jsonOf(stdout)
    expect(lines[0]).toMatchObject({ type: 'segment', path: segment, baseOffset: 0, epoch: 1 })
    const batches = lines.filter(({ type }) => type === 'batch')
    expect(batches.map(({ baseOffset, recordCount }) => [baseOffset, recordCount])).toEqual([
      [0, 2],
      [2, 1],
      [3, 1],
    ])
    expect(batches[0]).toMatchObject({ position: SEGMENT_HEADER_BYTES, baseSequence: 0 })
    expect(lines.at(-1)).toMatchObject({
      type: 'end',
      batchCount: 3,
      recordCount: 4,
      defectCount: 0,
    })
  })

  it('shows records too', async () => {
    const text = await run(['dump', segment, '--records'])
    expect(text.stdout.toString()).toMatch(/^ +1 {2}20\d\d-\S+Z {2}two$/m)
    expect(text.stdout.toString()).toMatch(/^ +3 {2}20\d\d-\S+Z {2}4 {2}\{"n":4\}$/m)
    const json = await run(['dump', segment, '--records', '--json'])
    const records = jsonOf(json.stdout).filter(({ type }) => type === 'record')
    expect(records).toEqual([
      { type: 'record', offset: 0, time: TIME, encoding: 'utf8', value: 'one' },
      { type: 'record', offset: 1, time: TIME, encoding: 'utf8', value: 'two' },
      { type: 'record', offset: 2, time: TIME, encoding: 'json', value: { n: 3 } },
      { type: 'record', offset: 3, time: TIME, key: '4', encoding: 'json', value: { n: 4 } },
    ])
  })

  it('shows headers, bytes that are no text, and MessagePack if it is told to', async () => {
    const args = ['dump', path.join(server.dataDirectory, 'streams', 'headed'), '--records']
    const text = await run(args)
    expect(text.stdout.toString()).toMatch(/Z {2}c-17 {2}\{"source":"shop"\} {2}base64:gaJpZAE=$/m)
    const decoded = await run([...args, '--codec', 'msgpack', '--json'])
    expect(jsonOf(decoded.stdout).filter(({ type }) => type === 'record')).toEqual([
      {
        type: 'record',
        offset: 0,
        time: '2026-11-20T10:00:00.000001Z',
        key: 'c-17',
        headers: HEADERS,
        encoding: 'msgpack',
        value: { id: 1 },
      },
    ])
  })

  it('shows all segments of a stream, oldest first', async () => {
    await using many = await ServerProcess.start()
    await many.run(['streams', 'create', 'many', '--segment-bytes', '64KiB'])
    const line = `${'x'.repeat(999)}\n`
    await many.run(['publish', 'many', '-'], { input: line.repeat(1000) })
    const directory = path.join(many.dataDirectory, 'streams', 'many')
    const { status, stdout } = await run(['dump', directory, '--json'])
    expect(status).toBe(0)
    const segments = jsonOf(stdout).filter(({ type }) => type === 'segment')
    expect(segments.length).toBeGreaterThan(2)
    const names = (await readdir(directory)).filter((name) => name.endsWith('.log')).sort()
    expect(segments.map((found) => path.basename(String(found['path'])))).toEqual(names)
    const ends = jsonOf(stdout).filter(({ type }) => type === 'end')
    expect(ends.reduce((sum, end) => sum + Number(end['recordCount']), 0)).toBe(1000)
  })
})

describe('dump of a range', () => {
  const offsetsOf = (stdout: Buffer, type: string, field: string) =>
    jsonOf(stdout)
      .filter((line) => line['type'] === type)
      .map((line) => line[field])

  it.each([
    [
      ['--from', '1', '--to', '3'],
      [1, 2],
      [0, 2],
    ],
    [['--from', '3', '--to', '+1'], [3], [3]],
    [['--from', '3'], [3], [3]],
    [['--to', '1'], [0], [0]],
  ])('%j has records %j of batches %j', async (range, records, batches) => {
    const { status, stdout } = await run(['dump', segment, '--records', '--json', ...range])
    expect(status).toBe(0)
    expect(offsetsOf(stdout, 'record', 'offset')).toEqual(records)
    expect(offsetsOf(stdout, 'batch', 'baseOffset')).toEqual(batches)
    expect(jsonOf(stdout).at(-1)).toMatchObject({ recordCount: records.length })
  })

  it('looks only at the segments that have it', async () => {
    const directory = server.directory.file('segments')
    await mkdir(directory)
    // The second is no segment, so it must not be looked at.
    await copyFile(segment, path.join(directory, SEGMENT_NAME))
    await writeFile(path.join(directory, '00000000000000000004.log'), 'damaged')
    const { status, stdout } = await run(['dump', directory, '--to', '4', '--json'])
    expect(status).toBe(0)
    expect(offsetsOf(stdout, 'segment', 'baseOffset')).toEqual([0])
    expect((await run(['dump', directory, '--to', '5'])).status).toBe(6)
  })

  it('leaves out damage elsewhere', async () => {
    const second = Number((await batchesOf(segment))[1]?.['position'])
    const file = await changedCopy('elsewhere', (bytes) => flipped(bytes, second + 80))
    expect((await run(['dump', file, '--from', '3'])).status).toBe(0)
    expect((await run(['dump', file, '--to', '2'])).status).toBe(0)
    expect((await run(['dump', file, '--from', '2', '--to', '+1'])).status).toBe(6)
  })

  it.each([
    [['--from', '4'], 3, /has no records at offsets from 4 on \(NO_RECORDS\)/],
    [['--from', '9', '--to', '+1'], 3, /has no records at offset 9 \(NO_RECORDS\)/],
    [['--from', '2', '--to', '2'], 2, /no record between them \(USAGE\)/],
    [['--from', 'first'], 2, /--from is "first", must be an offset.*\(USAGE\)/],
    [['--to', '9007199254740992'], 2, /--to is .*at most 2\^53 - 1.*\(USAGE\)/],
  ])('%j ends with %i', async (range, status, message) => {
    const outcome = await run(['dump', segment, ...range])
    expect(outcome).toMatchObject({ status })
    expect(outcome.stderr).toMatch(message)
  })
})

describe('dump of a damaged segment', () => {
  it('reports the position, goes on behind it, and ends with 6', async () => {
    const second = Number((await batchesOf(segment))[1]?.['position'])
    const third = Number((await batchesOf(segment))[2]?.['position'])
    const file = await changedCopy('flipped', (bytes) => flipped(bytes, second + 80))
    const text = await run(['dump', file])
    expect(text.status).toBe(6)
    expect(text.stdout.toString()).toMatch(
      new RegExp(`^ +${second} {2}[A-Z_]+: .*; the next valid batch is at position ${third}$`, 'm'),
    )
    expect(text.stdout.toString()).toContain('\n            1 record (offset 2) cannot be read\n')
    expect(text.stdout.toString()).toMatch(/2 batches, 3 records, .*: 1 defect found/)
    expect(text.stderr).toMatch(/^tailrace: 1 defect found in .* \(DAMAGED\)\n$/)
    const json = await run(['dump', file, '--json'])
    expect(json.status).toBe(6)
    const defects = jsonOf(json.stdout).filter(({ type }) => type === 'defect')
    expect(defects).toMatchObject([
      { position: second, fromOffset: 2, toOffset: 3, resumesAt: third, isTornTail: false },
    ])
  })

  it('tells damage of what was durable from a torn tail', async () => {
    const third = Number((await batchesOf(segment))[2]?.['position'])
    const durable = await changedCopy('cut', (bytes) => bytes.subarray(0, third + 80))
    const damaged = await run(['dump', durable, '--json'])
    expect(damaged.status).toBe(6)
    expect(jsonOf(damaged.stdout).find(({ type }) => type === 'defect')).toMatchObject({
      position: third,
      code: 'TRUNCATED',
      fromOffset: 3,
      toOffset: null,
      resumesAt: null,
      isTornTail: false,
    })
    const unsynced = await changedCopy('torn', (bytes) => {
      bytes.fill(0, SEGMENT_HEADER_BYTES / 2, SEGMENT_HEADER_BYTES)
      return bytes.subarray(0, third + 80)
    })
    const torn = await run(['dump', unsynced])
    expect(torn.status).toBe(6)
    expect(torn.stdout.toString()).toContain('a torn tail, which opening the stream cuts off')
  })

  it('ends with 6 when the header of a file with the name of a segment is damaged', async () => {
    const file = await changedCopy('header', (bytes) => flipped(bytes, 0))
    const { status, stderr } = await run(['dump', path.dirname(file)])
    expect(status).toBe(6)
    expect(stderr).toMatch(/00000000000000000000\.log: .* \(BAD_MAGIC\)\n.*1 defect found/)
  })

  it('ends with 6 for an empty file with the name of a segment', async () => {
    const file = await changedCopy('empty', () => new Uint8Array(0))
    const { status, stderr } = await run(['dump', file])
    expect(status).toBe(6)
    expect(stderr).toMatch(/\(TRUNCATED\)/)
  })

  it('finds one flipped bit wherever it is in a batch', async () => {
    const [first, second] = await batchesOf(segment)
    const start = Number(first?.['position'])
    const end = Number(second?.['position'])
    const directory = server.directory.file('bits')
    await mkdir(directory)
    const copy = path.join(directory, SEGMENT_NAME)
    await copyFile(segment, copy)
    const bytes = await readFile(segment)
    const file = await open(copy, 'r+')
    for (let position = start; position < end; position += 29) {
      await file.write(flipped(Buffer.from(bytes), position), 0, bytes.length, 0)
      const { status } = await run(['dump', copy])
      expect({ position, status }).toEqual({ position, status: 6 })
    }
    await file.close()
  })
})

describe('dump of something else', () => {
  it('ends with 2 for a file that is not a segment', async () => {
    const file = server.directory.file('notes.txt')
    await writeFile(file, 'plain text, and more than a header of it '.repeat(10))
    const { status, stdout, stderr } = await run(['dump', file])
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^tailrace: .*notes\.txt is not a segment file: .* \(NOT_A_SEGMENT\)\n$/)
  })

  it('ends with 2 for a directory without segments', async () => {
    const { status, stderr } = await run(['dump', server.dataDirectory])
    expect(status).toBe(2)
    expect(stderr).toMatch(/has no segment files .* \(NOT_A_SEGMENT\)\n$/)
  })

  it('ends with 3 for what does not exist', async () => {
    const { status, stderr } = await run(['dump', server.directory.file('nothing')])
    expect(status).toBe(3)
    expect(stderr).toMatch(/^tailrace: .*nothing.* \(ENOENT\)\n$/)
  })
})
