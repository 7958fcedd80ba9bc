/**
 * `tailrace publish`: every kind of input, byte for byte, and what it refuses.
 */

import { execFileSync } from 'node:child_process'
import { open, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { ServerProcess } from '../support/server.js'
import { WORDS_FILE } from '../support/text-file.js'
import { startOnTerminal } from '../support/terminal.js'

let server: ServerProcess

beforeAll(async () => {
  server = await ServerProcess.start()
})

afterAll(() => server[Symbol.asyncDispose]())

/** Publishes `input` to a new stream; returns how that ended, and the lines that are stored. */
async function publish(
  stream: string,
  { input, options = [] }: { readonly input: string | Uint8Array; readonly options?: string[] },
) {
  const published = await server.run(['publish', stream, '-', ...options], { input })
  return { published, stored: await server.storedLines(stream) }
}

function recordsOf(stdout: Buffer): Record<string, unknown>[] {
  const lines = stdout.toString().split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('lines', () => {
  it.each([
    ['one line', 'one\n'],
    ['empty lines', '\n\na\n\n'],
    ['carriage returns', 'a\r\nb\r\n\r\n'],
    ['a line feed alone', '\n'],
    ['a line longer than a chunk', `${'x'.repeat(1_000_000)}\ny\n`],
  ])('are stored as they are: %s', async (name, input) => {
    const stream = `lines-${name.replaceAll(' ', '-')}`
    const { published, stored } = await publish(stream, { input })
    expect(published.status).toBe(0)
    expect(stored.toString()).toBe(input)
  })

  it('are stored as bytes, also those that are not UTF-8', async () => {
    const input = Uint8Array.from([
      0xff, 0xfe, 0x0a, 0x00, 0x0a, 0xc3, 0x28, 0x0a, 0xed, 0xa0, 0x80, 0x0a,
    ])
    const { stored } = await publish('bytes', { input })
    expect(stored.equals(input)).toBe(true)
    const json = await server.run(['replay', 'bytes', '--json'])
    expect(recordsOf(json.stdout).map(({ encoding }) => encoding)).toEqual([
      'base64',
      'utf8',
      'base64',
      'base64',
    ])
  })

  it('include the last one without a newline', async () => {
    const { published, stored } = await publish('unterminated', { input: 'a\nb' })
    expect(published.stderr).toMatch(/^tailrace: published 2 records \(2 B\) to "unterminated" in /)
    expect(stored.toString()).toBe('a\nb\n')
    const exact = await server.run(['replay', 'unterminated', '--no-final-newline'])
    expect(exact.stdout.toString()).toBe('a\nb')
  })

  it('are none for an empty input', async () => {
    const { published, stored } = await publish('empty', { input: '' })
    expect(published).toMatchObject({ status: 0 })
    expect(published.stderr).toBe('tailrace: nothing to publish to "empty"\n')
    expect(stored.length).toBe(0)
  })

  it('come from a named pipe too', async () => {
    const fifo = server.directory.file('fifo')
    execFileSync('mkfifo', [fifo])
    await using command = server.start(['publish', 'piped', fifo, '--quiet'])
    const writer = await open(fifo, 'w')
    await writer.write('through\na pipe\n')
    await writer.close()
    expect(await command.ended).toMatchObject({ status: 0, stderr: '' })
    expect((await server.storedLines('piped')).toString()).toBe('through\na pipe\n')
  })

  it('are published as they come, not only at the end of stdin', async () => {
    await using tail = server.start(['tail', 'typed', '--create', '--from', 'first'])
    await using command = server.start(['publish', 'typed'])
    await command.write('first\n')
    await tail.stdoutLine(/^first$/)
    await command.write('second\n')
    await tail.stdoutLine(/^second$/)
    command.end()
    expect(await command.ended).toMatchObject({ status: 0 })
  })

  it('that are too long for a batch end it with 2, after those before', async () => {
    const input = `fine\n${'x'.repeat(9 * 1024 * 1024)}\nnever\n`
    const { published, stored } = await publish('too-long', { input })
    expect(published.status).toBe(2)
    expect(published.stderr).toMatch(/acknowledged up to line 1 of the input\n/)
    expect(published.stderr).toMatch(
      /record 2 of the input is too large: .* \(BATCH_TOO_LARGE\)\n$/,
    )
    expect(stored.toString()).toBe('fine\n')
  })

  it('that no batch of any server could hold end it with 2 as well', async () => {
    const input = `fine\n${'x'.repeat(17 * 1024 * 1024)}`
    const { published, stored } = await publish('much-too-long', { input })
    expect(published.status).toBe(2)
    expect(published.stderr).toMatch(/line 2 is longer than 16 MiB \(BAD_INPUT\)\n$/)
    expect(stored.toString()).toBe('fine\n')
  })
})

describe('--ndjson', () => {
  it('stores the text of each line as it is', async () => {
    const input = '{"id": 1,"big":12345678901234567890}\n [1, 2]\n"text"\r\n42\n'
    const { published, stored } = await publish('json', { input, options: ['--ndjson'] })
    expect(published.status).toBe(0)
    expect(stored.toString()).toBe(input)
  })

  it('ends with 2 at the first line that is not JSON, after those before', async () => {
    const input = '{"id":1}\n{"id":2}\n{"id":\n{"id":4}\n'
    const { published, stored } = await publish('bad-json', { input, options: ['--ndjson'] })
    expect(published.status).toBe(2)
    expect(published.stderr).toMatch(
      /^tailrace: acknowledged up to line 2 of the input\ntailrace: line 3 is not JSON: .* \(BAD_INPUT\)\n$/,
    )
    expect(stored.toString()).toBe('{"id":1}\n{"id":2}\n')
  })

  it.each([
    ['an empty line', '{}\n\n', 2],
    ['bytes that are not UTF-8', Uint8Array.from([0x22, 0xff, 0x22, 0x0a]), 1],
  ])('does not take %s for JSON', async (name, input, line) => {
    const stream = `not-json-${name.replaceAll(' ', '-')}`
    const { published } = await publish(stream, { input, options: ['--ndjson'] })
    expect(published.status).toBe(2)
    expect(published.stderr).toContain(`line ${line} is not JSON`)
  })

  it('takes the key from a field', async () => {
    const input = '{"user":"ann","n":1}\n{"n":2,"user":7}\n'
    const options = ['--ndjson', '--key-field', 'user']
    await publish('keys', { input, options })
    const { stdout } = await server.run(['replay', 'keys', '--format', 'json'])
    expect(recordsOf(stdout)).toMatchObject([
      { offset: 0, key: 'ann', encoding: 'json', value: { user: 'ann', n: 1 } },
      { offset: 1, key: '7', encoding: 'json', value: { user: 7, n: 2 } },
    ])
  })

  it.each(['{"n":1}', '{"user":null}', '{"user":""}', '[1]', '{"user":{}}'])(
    'ends with 2 when %s has no such key',
    async (line) => {
      const input = `{"user":"ann"}\n${line}\n`
      const stream = `keyless-${Buffer.from(line).toString('hex')}`
      const options = ['--ndjson', '--key-field', 'user']
      const { published } = await publish(stream, { input, options })
      expect(published.status).toBe(2)
      expect(published.stderr).toMatch(/line 2 has no .*key field "user" \(BAD_INPUT\)\n$/)
    },
  )
})

describe('--whole', () => {
  it('stores everything as one record', async () => {
    const input = 'a\nb\r\n\nc'
    const { published } = await publish('whole', { input, options: ['--whole'] })
    const { stdout } = await server.run(['replay', 'whole', '--no-final-newline'])
    expect(stdout.toString()).toBe(input)
    expect(published.stderr).toMatch(/published 1 record .*, offsets 0 to 0\n$/)
  })

  it('stores an empty input as one empty record', async () => {
    const { stored } = await publish('whole-empty', { input: '', options: ['--whole'] })
    expect(stored.toString()).toBe('\n')
  })

  it.each([9, 17])('ends with 2 for %d MiB', async (mebibytes) => {
    const input = Buffer.alloc(mebibytes * 1024 * 1024)
    const { published, stored } = await publish(`whole-${mebibytes}`, {
      input,
      options: ['--whole'],
    })
    expect(published.status).toBe(2)
    expect(stored.length).toBe(0)
  })
})

describe('--producer', () => {
  it('publishes only what an input has more than before', async () => {
    const args = ['publish', 'growing', '-', '--producer', 'import', '--json']
    await server.run(args, { input: 'a\nb\n' })
    const { status, stdout } = await server.run(args, { input: 'a\nb\nc\n' })
    expect(status).toBe(0)
    expect(JSON.parse(stdout.toString())).toMatchObject({
      records: 1,
      skipped: 2,
      firstOffset: 2,
      lastOffset: 2,
      complete: true,
    })
    expect((await server.storedLines('growing')).toString()).toBe('a\nb\nc\n')
  })

  it('ends with 2 for an input that has less than before', async () => {
    const args = ['publish', 'shrinking', '-', '--producer', 'import']
    await server.run(args, { input: 'a\nb\nc\n' })
    const { status, stderr } = await server.run(args, { input: 'a\n' })
    expect(status).toBe(2)
    expect(stderr).toMatch(
      /has stored 3 records .* only 1: it is not the same input \(BAD_INPUT\)\n$/,
    )
  })
})

describe('input that is not there', () => {
  it('ends with 3 for a file that does not exist', async () => {
    const { status, stderr } = await server.run(['publish', 'x', '/no/such/file'])
    expect(status).toBe(3)
    expect(stderr).toMatch(/^tailrace: .*\/no\/such\/file.* \(ENOENT\)\n$/)
    expect(await server.run(['streams', 'describe', 'x'])).toMatchObject({ status: 3 })
  })

  it('ends with 2 for a directory', async () => {
    const { status, stderr } = await server.run(['publish', 'x', '/'])
    expect(status).toBe(2)
    expect(stderr).toBe('tailrace: / is a directory, must be a file (BAD_INPUT)\n')
  })
})

describe('arguments that make no sense', () => {
  it.each([
    [['--ndjson', '--whole'], /exclude each other/],
    [['--key-field', 'id'], /needs --ndjson/],
    [['--nonsense'], /unknown argument: nonsense/],
    [['one', 'two'], /unknown argument: two/],
  ])('end with 2: %j', async (options, message) => {
    const { status, stderr } = await server.run(['publish', 'x', ...options])
    expect(status).toBe(2)
    expect(stderr).toMatch(/^tailrace: .* \(USAGE\)\n$/)
    expect(stderr).toMatch(message)
  })
})

describe('a publish on a terminal', () => {
  it('draws a bar while the input is long, and takes it away at the end', async () => {
    const fifo = server.directory.file('slow')
    execFileSync('mkfifo', [fifo])
    await using command = startOnTerminal(['publish', 'drawn', fifo], {
      env: { TAILRACE_URL: server.url },
    })
    const writer = await open(fifo, 'w')
    await writer.write('one\ntwo\n')
    await command.stdoutText(/8 B · 2 records acknowledged · \d+\/s/)
    await writer.close()
    const { status, stdout } = await command.ended
    expect(status).toBe(0)
    expect(stdout.toString()).toMatch(/tailrace: published 2 records .*offsets 0 to 1\r\n$/)
  })

  it('draws nothing when it is short', async () => {
    const file = server.directory.file('short.txt')
    await writeFile(file, 'one\n')
    await using command = startOnTerminal(['publish', 'undrawn', file], {
      env: { TAILRACE_URL: server.url },
    })
    const { stdout } = await command.ended
    expect(stdout.toString()).toMatch(/^tailrace: published 1 record .*\r\n$/)
  })

  it('writes nothing with --quiet', async () => {
    const published = await server.run(['publish', 'quiet', WORDS_FILE, '--quiet'])
    expect(published).toMatchObject({ status: 0, stderr: '' })
    expect(published.stdout.length).toBe(0)
  })
})
