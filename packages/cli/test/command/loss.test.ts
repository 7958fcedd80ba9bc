/**
 * Streams, records and names that are taken away while a command uses them: said, and in the exit code.
 */

import path from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { damageHeader } from '../support/damaged-store.js'
import { ServerProcess } from '../support/server.js'

/** Many processes, on a machine that may have others. */
const TIMEOUT_MS = 120_000

const MIB = 1024 * 1024

let server: ServerProcess

beforeAll(async () => {
  server = await ServerProcess.start()
})

afterAll(() => server[Symbol.asyncDispose]())

/** Numbered lines of 1 KiB, so many of them. */
function kibibyteLines(start: number, count: number): string {
  const lines = Array.from(
    { length: count },
    (_, i) => `${String(start + i).padStart(1023, '.')}\n`,
  )
  return lines.join('')
}

describe(
  'records that retention removes before a replay has read them',
  { timeout: TIMEOUT_MS },
  () => {
    it('are said, and the replay goes on behind them and ends with 3', async () => {
      const retention = ['--segment-bytes', '64KiB', '--retention-bytes', '16MiB']
      await server.run(['streams', 'create', 'short', ...retention])
      const count = (12 * MIB) / 1024
      await server.run(['publish', 'short', '-'], { input: kibibyteLines(0, count) })
      await using replay = server.start(['replay', 'short'], { isStdoutUnread: true })
      await replay.stdoutReadable()
      await server.run(['publish', 'short', '-'], { input: kibibyteLines(count, 2 * count) })
      const closed = replay.stdoutClosed()
      replay.readStdout()
      await closed
      const { status, stderr } = await replay.ended
      expect(status).toBe(3)
      expect(stderr).toMatch(
        /^tailrace: [\d,]+ records \(offsets \d+ to \d+\) cannot be delivered: removed by retention\n/,
      )
      expect(stderr).toMatch(/the replay is not complete: see the lines above \(RECORDS_GONE\)\n$/)
      const [, from, to] = /offsets (\d+) to (\d+)/.exec(stderr) ?? []
      const offsets = replay.stdout.toString().match(/\d+(?=\n)/g) ?? []
      const expected = Array.from({ length: count }, (_, i) => i).filter(
        (offset) => offset < Number(from) || offset > Number(to),
      )
      expect(offsets.map(Number)).toEqual(expected)
    })
  },
)

describe('a stream that was opened read-only up to damage', { timeout: TIMEOUT_MS }, () => {
  it('gives what comes before it, then its range and what to do, and ends with 6', async () => {
    await using damaged = await ServerProcess.start()
    const input = kibibyteLines(0, 3)
    for (let batch = 0; batch < 4; batch += 1) await damaged.run(['publish', 'hit', '-'], { input })
    await damaged.kill()
    const directory = path.join(damaged.dataDirectory, 'streams', 'hit')
    expect(await damageHeader(directory, 2)).toEqual([6, 9])
    await damaged.restart()
    const named =
      /^tailrace: stream "hit" is damaged from offset 6 to 9 in 0+\.log .*`tailrace repair` \(STREAM_CORRUPT\)\n$/
    const expectNamed = async (args: readonly string[], written: string) => {
      const { status, stdout, stderr } = await damaged.run([...args, 'hit'])
      expect([status, stdout.toString()], args.join(' ')).toEqual([6, written])
      expect(stderr.replace(/^tailrace: following.*\n/, ''), args.join(' ')).toMatch(named)
    }
    await expectNamed(['replay'], input + input)
    await expectNamed(['replay', '--to', '12'], input + input)
    await expectNamed(['replay', '--from', '10'], '')
    await expectNamed(['replay', '--from', '10', '--clamp'], '')
    await expectNamed(['tail', '--from', 'first'], input + input)
    await expectNamed(['tail'], '')
    expect(await damaged.run(['replay', 'hit', '--to', '6'])).toMatchObject({ status: 0 })
  })
})

describe('a stream that is deleted', { timeout: TIMEOUT_MS }, () => {
  it('ends its tails with 3', async () => {
    await server.run(['streams', 'create', 'doomed'])
    await using tail = server.start(['tail', 'doomed'])
    await tail.stderrLine(/following/)
    await server.run(['streams', 'rm', 'doomed', '--yes'])
    const { status, stderr } = await tail.ended
    expect(status).toBe(3)
    expect(stderr).toMatch(/"doomed".* \((STREAM_CLOSED|STREAM_NOT_FOUND)\)\n$/)
  })
})

describe('a name that another publish has taken over', { timeout: TIMEOUT_MS }, () => {
  it('ends the earlier publish with 1, and nothing is stored twice', async () => {
    await using tail = server.start(['tail', 'named', '--create', '--from', 'first'])
    const args = ['publish', 'named', '-', '--producer', 'import']
    await using earlier = server.start(args)
    await earlier.write('one\n')
    await tail.stdoutLine(/^one$/)
    expect(await server.run(args, { input: 'one\ntwo\n' })).toMatchObject({ status: 0 })
    await earlier.write('two\n')
    const { status, stderr } = await earlier.ended
    expect(status).toBe(1)
    expect(stderr).toMatch(/acknowledged up to line 1 of the input/)
    expect(stderr).toMatch(/\(FENCED\)\n$/)
    const replayed = await server.run(['replay', 'named'])
    expect(replayed.stdout.toString()).toBe('one\ntwo\n')
  })
})
