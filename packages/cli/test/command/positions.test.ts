/**
 * Where `tail` and `replay` begin and end, what lies out of range, and the formats of a record.
 */

import { connect } from '@tailrace/client'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { MAIN } from '../support/command.js'
import { ServerProcess } from '../support/server.js'
import { WORDS_FILE } from '../support/text-file.js'

let server: ServerProcess

beforeAll(async () => {
  server = await ServerProcess.start()
  await server.run(['publish', 'ten', '-'], { input: '0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n' })
})

afterAll(() => server[Symbol.asyncDispose]())

async function replayed(...args: readonly string[]): Promise<string> {
  const { stdout } = await server.run(['replay', 'ten', ...args])
  return stdout.toString().replaceAll('\n', ' ').trimEnd()
}

describe('a range', () => {
  it.each([
    [[], '0 1 2 3 4 5 6 7 8 9'],
    [['--from', '8'], '8 9'],
    [['--from', '10'], ''],
    [['--to', '2'], '0 1'],
    [['--to', '99'], '0 1 2 3 4 5 6 7 8 9'],
    [['--to', '+3'], '0 1 2'],
    [['--to', '+0'], ''],
    [['--from', 'last:3', '--to', '+2'], '7 8'],
    [['--from', '1h ago'], '0 1 2 3 4 5 6 7 8 9'],
    [['--to', '1h ago'], ''],
    [['--from', '2001-01-01T10:00Z', '--to', '2001-01-02 10:00+01:00'], ''],
  ])('is %j', async (args, expected) => {
    expect(await replayed(...args)).toBe(expected)
  })

  it('from a time that has not come is empty', async () => {
    expect(await replayed('--from', '2999-01-01')).toBe('')
  })

  it('out of range ends with 3 and the bounds, or begins at the nearest with --clamp', async () => {
    for (const command of ['replay', 'tail']) {
      const { status, stdout, stderr } = await server.run([command, 'ten', '--from', '11'])
      expect({ status, stdout: stdout.toString() }).toEqual({ status: 3, stdout: '' })
      expect(stderr).toMatch(/^tailrace: offset 11 .* 10 .*"ten".* \(OFFSET_OUT_OF_RANGE\)\n$/)
    }
    const clamped = await server.run(['replay', 'ten', '--from', '11', '--clamp'])
    expect(clamped).toMatchObject({ status: 0, stderr: '' })
  })

  it.each([
    ['replay', '--from', '-1'],
    ['replay', '--to', 'first'],
    ['tail', '--from', 'end'],
    ['tail', '--count', '0'],
    ['tail', '--count', 'many'],
  ])('that makes no sense ends with 2: %s %s=%s', async (command, option, value) => {
    const { status, stdout, stderr } = await server.run([command, 'ten', `${option}=${value}`])
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^tailrace: .* \(USAGE\)\n$/)
  })

  it('that runs backwards ends with 2', async () => {
    const { status, stderr } = await server.run(['replay', 'ten', '--from', '5', '--to', '4'])
    expect(status).toBe(2)
    expect(stderr).toBe('tailrace: --from 5 is behind --to 4 (USAGE)\n')
  })
})

describe('formats', () => {
  it('full: offset, time, key and value, without control characters', async () => {
    const client = await connect(server.url)
    await client.stream('shown').publish('a', { key: 'k' })
    await client.close()
    await server.run(['publish', 'shown', '-'], { input: 'red \u001B[31m\tline\n' })
    const { stdout } = await server.run([
      'replay',
      'shown',
      '--format',
      'full',
      '--codec',
      'msgpack',
    ])
    const lines = stdout.toString().split('\n')
    expect(lines[0]).toMatch(/^ {7}0 {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z {2}k {2}"a"$/)
    expect(lines[1]).toMatch(/Z {2}red \\x1b\[31m\tline$/)
  })

  it('json: everything of a record, and MessagePack as JSON, bytes as base64', async () => {
    const client = await connect(server.url)
    const value = { id: 1, bytes: Uint8Array.of(255), big: 2n ** 63n }
    const headers = { source: 'test', size: 3, mark: Uint8Array.of(255) }
    await client.stream('packed').publish(value, { key: 'k', headers })
    await client.close()
    const { stdout } = await server.run(['replay', 'packed', '--json', '--codec', 'msgpack'])
    expect(JSON.parse(stdout.toString())).toMatchObject({
      offset: 0,
      key: 'k',
      headers: { source: 'test', size: 3, mark: '/w==' },
      encoding: 'msgpack',
      value: { id: 1, bytes: '/w==', big: String(2n ** 63n) },
    })
    const lines = await server.run(['replay', 'packed', '--codec', 'msgpack', '--offsets'])
    expect(lines.stdout.toString()).toMatch(/^0\t\{"id":1,.*\}\n$/)
  })

  it('json: on one line, whatever the value', async () => {
    const input = '{\n  "a": [1,\r\n 2]\n}'
    await server.run(['publish', 'pretty', '-', '--whole'], { input })
    const { stdout } = await server.run(['replay', 'pretty', '--json'])
    expect(stdout.toString().split('\n')).toHaveLength(2)
    expect(JSON.parse(stdout.toString())).toMatchObject({ value: { a: [1, 2] } })
  })

  it('json: a value is only JSON when it is an object or an array', async () => {
    const input = '42\ntrue\n"text"\n{not json\n[1]\n'
    await server.run(['publish', 'scalars', '-'], { input })
    const { stdout } = await server.run(['replay', 'scalars', '--json'])
    const lines = stdout.toString().trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { value: unknown }).value)).toEqual([
      '42',
      'true',
      '"text"',
      '{not json',
      [1],
    ])
  })

  it.each([
    [['--no-final-newline', '--json']],
    [['--no-final-newline', '--codec=msgpack']],
    [['--format=xml']],
  ])('that exclude each other, or are none, end with 2: %j', async (options) => {
    const { status, stderr } = await server.run(['replay', 'ten', ...options])
    expect(status).toBe(2)
    expect(stderr).toMatch(/\(USAGE\)\n$/)
  })
})

describe('output that cannot be written', () => {
  it('ends with 1 and says why', async () => {
    await server.run(['publish', 'words', WORDS_FILE])
    const child = spawn(process.execPath, [MAIN, 'replay', 'words', '--url', server.url], {
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    })
    let stderr = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    await once(child, 'close')
    expect(child.exitCode).toBe(1)
    expect(stderr).toMatch(/^tailrace: the output cannot be written: ENOSPC.*\n$/)
  })
})
