/**
 * `tailrace streams`: made, listed, looked at and deleted, as tables and as JSON.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { ServerProcess } from '../support/server.js'
import { startOnTerminal } from '../support/terminal.js'

let server: ServerProcess

beforeAll(async () => {
  server = await ServerProcess.start()
})

afterAll(() => server[Symbol.asyncDispose]())

function onTerminal(args: readonly string[]) {
  return startOnTerminal(args, { env: { TAILRACE_URL: server.url } })
}

describe('streams ls', () => {
  it('says what to do when there are none, and prints no JSON', async () => {
    await using empty = await ServerProcess.start()
    const people = await empty.run(['streams', 'ls'])
    expect(people).toMatchObject({ status: 0 })
    expect(people.stdout.length).toBe(0)
    expect(people.stderr).toContain('tailrace streams create')
    const script = await empty.run(['streams', 'ls', '--json'])
    expect(script).toMatchObject({ status: 0, stderr: '' })
    expect(script.stdout.length).toBe(0)
  })

  it('prints a table sorted by name, or a JSON object a line', async () => {
    await server.run(['publish', 'ls-b', '-'], { input: 'one\ntwo\n' })
    await server.run(['streams', 'create', 'ls-a', '--durability', 'relaxed'])
    const table = await server.run(['streams', 'ls'])
    expect(table).toMatchObject({ status: 0, stderr: '' })
    const lines = table.stdout.toString().split('\n')
    expect(lines[0]).toMatch(/^STREAM +RECORDS +FIRST +NEXT +SIZE +DURABILITY +LAST APPEND/)
    expect(lines[1]).toMatch(/^ls-a +0 +0 +0 +[\d.]+ \w+ +relaxed +-$/)
    expect(lines[2]).toMatch(/^ls-b +2 +0 +2 +[\d.]+ \w+ +fsync +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
    const json = await server.run(['streams', 'list', '--json'])
    const infos = json.stdout.toString().trimEnd().split('\n')
    expect(infos.map((line) => (JSON.parse(line) as { stream: string }).stream)).toEqual([
      'ls-a',
      'ls-b',
    ])
  })
})

describe('streams create', () => {
  it('makes a stream as it was asked to', async () => {
    const options = ['--durability', 'relaxed', '--retention-bytes', '10GiB']
    const more = [
      '--retention-age',
      '7d',
      '--retention-records',
      '1000',
      '--segment-bytes',
      '1MiB',
      '--json',
    ]
    const made = await server.run(['streams', 'create', 'asked', ...options, ...more])
    expect(made).toMatchObject({ status: 0, stderr: '' })
    expect(JSON.parse(made.stdout.toString())).toMatchObject({
      created: true,
      stream: 'asked',
      config: {
        durability: 'relaxed',
        retentionBytes: 10 * 1024 ** 3,
        retentionMs: 7 * 86_400_000,
        retentionRecords: 1000,
        segmentBytesMax: 1024 ** 2,
      },
    })
  })

  it('is content when the stream exists and is configured like that', async () => {
    const args = ['streams', 'create', 'twice', '--durability', 'fsync']
    expect(await server.run(args)).toMatchObject({ status: 0 })
    const again = await server.run(args)
    expect(again.status).toBe(0)
    expect(again.stderr).toBe('tailrace: stream "twice" exists already, configured like this\n')
  })

  it('ends with 2 when it exists with another configuration', async () => {
    await server.run(['streams', 'create', 'differs'])
    const { status, stderr } = await server.run([
      ...['streams', 'create', 'differs', '--durability', 'relaxed'],
    ])
    expect(status).toBe(2)
    expect(stderr).toMatch(
      /^tailrace: .*durability is fsync, asked for relaxed.* \(STREAM_EXISTS\)\n$/,
    )
  })

  it.each([
    ['--retention-bytes', 'much', /"much" is not a size.*\(INVALID_CONFIG\)/],
    ['--retention-age', '7', /"7" is not a duration.*\(INVALID_CONFIG\)/],
    ['--retention-records', '1k', /"1k", must be a number of records from 1 on.*\(USAGE\)/],
    ['--retention-records', '0', /"0", must be a number of records from 1 on.*\(USAGE\)/],
    ['--segment-bytes', '1', /\(INVALID_CONFIG\)/],
    ['--durability', 'none', /Choices: "fsync", "relaxed".*\(USAGE\)/],
  ])('ends with 2 for %s %s', async (option, value, message) => {
    const { status, stderr } = await server.run(['streams', 'create', 'never', option, value])
    expect(status).toBe(2)
    expect(stderr).toMatch(/^tailrace: .*\n$/)
    expect(stderr).toMatch(message)
  })
})

describe('a stream with a bound on its records', () => {
  it('keeps the newest ones, to the record, and says so', async () => {
    await server.run(['streams', 'create', 'newest', '--retention-records', '3'])
    await server.run(['publish', 'newest', '-'], { input: 'a\nb\nc\nd\n' })
    const { stdout } = await server.run(['replay', 'newest', '--offsets'])
    expect(stdout.toString()).toBe('1\tb\n2\tc\n3\td\n')
    const described = await server.run(['streams', 'describe', 'newest'])
    expect(described.stdout.toString()).toMatch(/^kept by count +3 records$/m)
  })
})

describe('streams describe', () => {
  it('shows everything about a stream', async () => {
    await server.run(['streams', 'create', 'shown', '--retention-age', '36h'])
    const { status, stdout } = await server.run(['streams', 'describe', 'shown'])
    expect(status).toBe(0)
    const text = stdout.toString()
    expect(text).toMatch(/^stream +shown$/m)
    expect(text).toMatch(/^records +0$/m)
    expect(text).toMatch(/^last append +never$/m)
    expect(text).toMatch(/^kept by age +1d 12h$/m)
    const json = await server.run(['streams', 'describe', 'shown', '--json'])
    expect(JSON.parse(json.stdout.toString())).toMatchObject({ stream: 'shown', endOffset: 0 })
  })
})

describe('streams rm', () => {
  it('refuses with 2 where nobody can answer and --yes was not given', async () => {
    await server.run(['streams', 'create', 'kept'])
    const { status, stderr } = await server.run(['streams', 'rm', 'kept'])
    expect(status).toBe(2)
    expect(stderr).toBe('tailrace: add --yes to delete "kept" (NOT_CONFIRMED)\n')
    expect(await server.run(['streams', 'describe', 'kept'])).toMatchObject({ status: 0 })
  })

  it('deletes with --yes', async () => {
    await server.run(['publish', 'gone', '-'], { input: 'one\n' })
    const { status, stderr } = await server.run(['streams', 'rm', 'gone', '--yes'])
    expect(status).toBe(0)
    expect(stderr).toBe('tailrace: deleted stream "gone" with 1 record\n')
    expect(await server.run(['streams', 'describe', 'gone'])).toMatchObject({ status: 3 })
  })

  it('asks for the name on a terminal', async () => {
    await server.run(['streams', 'create', 'asked-for'])
    await using refused = onTerminal(['streams', 'rm', 'asked-for'])
    await refused.stdoutText(/Type its name to confirm: /)
    await refused.write('yes\n')
    expect(await refused.ended).toMatchObject({ status: 2 })
    expect(await server.run(['streams', 'describe', 'asked-for'])).toMatchObject({ status: 0 })
    await using confirmed = onTerminal(['streams', 'rm', 'asked-for'])
    await confirmed.stdoutText(/Type its name to confirm: /)
    await confirmed.write('asked-for\n')
    expect(await confirmed.ended).toMatchObject({ status: 0 })
    expect(await server.run(['streams', 'describe', 'asked-for'])).toMatchObject({ status: 3 })
  })

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('deletes nothing when the question is answered with %s', async (_, key) => {
    await server.run(['streams', 'create', 'unsure'])
    await using asked = onTerminal(['streams', 'rm', 'unsure'])
    await asked.stdoutText(/Type its name to confirm: /)
    await asked.write(key)
    const { status, stdout } = await asked.ended
    expect(status).toBe(2)
    expect(stdout.toString()).toContain('not confirmed: nothing was deleted (NOT_CONFIRMED)')
    expect(await server.run(['streams', 'describe', 'unsure'])).toMatchObject({ status: 0 })
  })
})

describe('a stream that is not there', () => {
  it.each([
    [['streams', 'describe', 'nowhere']],
    [['streams', 'rm', 'nowhere', '--yes']],
    [['replay', 'nowhere']],
    [['tail', 'nowhere']],
    [['publish', 'nowhere', '--no-create']],
  ])('ends %j with 3', async (args) => {
    const { status, stdout, stderr } = await server.run(args)
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 3, stdout: '' })
    expect(stderr).toMatch(/^tailrace: .*"nowhere".* \(STREAM_NOT_FOUND\)\n$/)
  })
})

describe('a name that no stream can have', () => {
  const env = { TAILRACE_URL: 'ws://127.0.0.1:1' }

  it.each([
    [['streams', 'create', '../x']],
    [['streams', 'describe', '../x']],
    [['streams', 'rm', '--yes', '../x']],
    [['publish', '../x']],
    [['replay', '../x']],
    [['tail', '../x']],
    [['replay', '']],
    [['replay', 'x'.repeat(300)]],
  ])('ends with 2 before anything is connected: %j', async (args) => {
    const { status, stdout, stderr } = await server.run(args, { env })
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^tailrace: .* \(INVALID_STREAM_NAME\)\n$/)
    expect(stderr.length).toBeLessThan(300)
  })
})
