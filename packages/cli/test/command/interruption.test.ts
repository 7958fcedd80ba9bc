/**
 * Readers that go away, and Ctrl-C: quiet, clean, with the exit codes that docs/cli.md gives.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { MAIN, RunningCommand } from '../support/command.js'
import { ServerProcess } from '../support/server.js'
import { linesOf, WORDS_FILE } from '../support/text-file.js'

let server: ServerProcess

beforeAll(async () => {
  server = await ServerProcess.start()
  await server.run(['publish', 'words', WORDS_FILE])
})

afterAll(() => server[Symbol.asyncDispose]())

describe('a reader of stdout that goes away', () => {
  it('ends a replay quietly with 0', async () => {
    await using replay = server.start(['replay', 'words'])
    await replay.stdoutBytes(1)
    replay.closeStdout()
    expect(await replay.ended).toMatchObject({ status: 0, stderr: '' })
  })

  it('ends `replay | head -1` in a shell, with the first line', async () => {
    const script = `{ '${process.execPath}' '${MAIN}' replay words; echo "status $?" >&2; } | head -1`
    await using shell = new RunningCommand('sh', ['-c', script], {
      env: { TAILRACE_URL: server.url },
      input: '',
    })
    const { stdout, stderr } = await shell.ended
    expect(stdout.equals(linesOf(0, 1))).toBe(true)
    expect(stderr).toBe('status 0\n')
  })

  it('ends a tail quietly with 0 at the next record', async () => {
    await using tail = server.start(['tail', 'words', '--from', 'last:1'])
    await tail.stdoutBytes(1)
    tail.closeStdout()
    await server.run(['publish', 'words', '-'], { input: 'one more\n' })
    const { status, stderr } = await tail.ended
    expect(status).toBe(0)
    expect(stderr).toMatch(/^tailrace: following "words" from offset \d+\n$/)
  })

  it('ends --help and tables quietly with 0', async () => {
    for (const words of ['--help', 'streams ls', 'streams describe words']) {
      const script = `{ '${process.execPath}' '${MAIN}' ${words}; echo "status $?" >&2; } | true`
      await using shell = new RunningCommand('sh', ['-c', script], {
        env: { TAILRACE_URL: server.url },
        input: '',
      })
      expect((await shell.ended).stderr).toBe('status 0\n')
    }
  })
})

describe('Ctrl-C', () => {
  it('ends a tail with 0, and SIGTERM does too', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      await using tail = server.start(['tail', 'words'])
      await tail.stderrLine(/following/)
      tail.kill(signal)
      expect(await tail.ended).toMatchObject({ status: 0, signal: null })
    }
  })

  it('ends a replay with 130, also one that waits for its reader', async () => {
    await using replay = server.start(['replay', 'words'], { isStdoutUnread: true })
    await replay.stdoutReadable()
    replay.kill('SIGINT')
    expect(await replay.ended).toMatchObject({ status: 130, stderr: '' })
  })

  it('ends a publish with 130, and says up to which line all is acknowledged', async () => {
    await using publish = server.start(['publish', 'typed', '-', '--json'])
    await using tail = server.start(['tail', 'typed', '--create', '--from', 'first'])
    await publish.write('one\ntwo\nthree\nhalf a li')
    await tail.stdoutBytes('one\ntwo\nthree\n'.length)
    publish.kill('SIGINT')
    const { status, stdout, stderr } = await publish.ended
    expect(status).toBe(130)
    expect(stderr).toBe('tailrace: interrupted: acknowledged up to line 3 of the input\n')
    expect(JSON.parse(stdout.toString())).toMatchObject({ records: 3, complete: false })
  })

  it('ends a publish that waits for a lost server at the second time', async () => {
    await using lost = await ServerProcess.start()
    await using publish = lost.start(['publish', 'typed', '-'])
    await using tail = lost.start(['tail', 'typed', '--create', '--from', 'first', '--quiet'])
    await publish.write('one\n')
    await tail.stdoutBytes('one\n'.length)
    await lost.kill()
    await publish.write('two\nthree\n')
    await publish.stderrLine(/connection lost, reconnecting…/)
    publish.kill('SIGINT')
    await publish.stderrLine(/waiting for 2 records to be acknowledged; Ctrl-C again to give up/)
    publish.kill('SIGINT')
    const { status, stderr } = await publish.ended
    expect(status).toBe(130)
    expect(stderr).toMatch(/acknowledged up to line 1 .* not known of 2 records sent after that\n$/)
  })
})
