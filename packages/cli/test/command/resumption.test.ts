/**
 * Servers and publishers that are killed in the middle: nothing is lost, nothing is stored twice.
 *
 * Where they are killed depends on the seed of the run. A publish is held back by feeding its stdin: the
 * next lines are written when a tail has seen enough of those before.
 */

import { describe, expect, it } from 'vitest'

import { type RunningCommand } from '../support/command.js'
import { ServerProcess } from '../support/server.js'
import { linesOf, WORD_LINES, WORDS_FILE, WORDS_TEXT } from '../support/text-file.js'

/** Many processes, on a machine that may have others. */
const TIMEOUT_MS = 120_000

const SEED = Number(process.env['TAILRACE_SEED'])
const LINE_COUNT = WORD_LINES.length
const KILL_COUNT = 3

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}

/** `count` different places in the file, in order. */
function placesOf(random: () => number, count: number): number[] {
  const places = Array.from({ length: count }, () => Math.floor(random() * LINE_COUNT))
  return [...new Set(places)].sort((a, b) => a - b)
}

/** Writes lines to a publish, and resolves when the tail has seen those before `seen`. */
async function feed(
  { publish, tail }: { readonly publish: RunningCommand; readonly tail: RunningCommand },
  { start, end, seen }: { readonly start: number; readonly end: number; readonly seen: number },
): Promise<void> {
  const written = publish.write(linesOf(start, end))
  await tail.stdoutBytes(linesOf(0, seen).length)
  await written
}

describe('a server that is killed in the middle of a publish', { timeout: TIMEOUT_MS }, () => {
  it('has every line once and in order when the publish has gone on and ended', async () => {
    const random = seededRandom(SEED)
    const kills = placesOf(random, KILL_COUNT)
    await using server = await ServerProcess.start()
    await using tail = server.start(['tail', 'words', '--create'])
    await tail.stderrLine(/following "words" from offset 0/)
    await using publish = server.start(['publish', 'words', '-', '--json'])
    let start = 0
    for (const kill of kills) {
      const end = Math.max(start, Math.min(kill + Math.floor(random() * 20_000), LINE_COUNT))
      await feed({ publish, tail }, { start, end, seen: kill })
      await server.kill()
      start = end
      await server.restart()
    }
    await feed({ publish, tail }, { start, end: LINE_COUNT, seen: LINE_COUNT })
    publish.end()
    const { status, stdout } = await publish.ended
    expect(status).toBe(0)
    expect(JSON.parse(stdout.toString())).toMatchObject({
      records: LINE_COUNT,
      complete: true,
      lastOffset: LINE_COUNT - 1,
    })
    const replayed = await server.run(['replay', 'words'])
    expect(replayed.stdout.equals(WORDS_TEXT)).toBe(true)
    expect(tail.stdout.equals(WORDS_TEXT)).toBe(true)
  })

  it('is waited for, with a word about it, and the publish of a file ends well', async () => {
    await using server = await ServerProcess.start()
    await using tail = server.start(['tail', 'words', '--create'])
    await tail.stderrLine(/following/)
    await server.kill()
    await tail.stderrLine(/connection lost, reconnecting…/)
    await server.restart()
    await tail.stderrLine(/connected again/)
    const published = await server.run(['publish', 'words', WORDS_FILE])
    expect(published.status).toBe(0)
    await tail.stdoutBytes(WORDS_TEXT.length)
    expect(tail.stdout.equals(WORDS_TEXT)).toBe(true)
  })
})

describe('a server that is killed in the middle of a replay', () => {
  it(
    'gives the rest when it is back, up to what was the end',
    { timeout: TIMEOUT_MS },
    async () => {
      await using server = await ServerProcess.start()
      // More than a subscription takes ahead, so that the rest has to come after the kill.
      const copies = 4
      const input = Buffer.concat(Array<Buffer>(copies).fill(WORDS_TEXT))
      await server.run(['publish', 'words', '-'], { input })
      await using replay = server.start(['replay', 'words'], { isStdoutUnread: true })
      await replay.stdoutReadable()
      await server.kill()
      await server.restart()
      await server.run(['publish', 'words', '-'], { input: 'later\n' })
      const closed = replay.stdoutClosed()
      replay.readStdout()
      await closed
      expect((await replay.ended).status).toBe(0)
      expect(replay.stdout.equals(input)).toBe(true)
    },
  )
})

describe('a publisher that is killed in the middle', { timeout: TIMEOUT_MS }, () => {
  it('goes on where the stream ends when it is run again under the same name', async () => {
    const random = seededRandom(SEED + 1)
    const [killed = 0] = placesOf(random, 1)
    await using server = await ServerProcess.start()
    await using tail = server.start(['tail', 'words', '--create'])
    await tail.stderrLine(/following/)
    const args = ['publish', 'words', '--producer', 'import', '--json']
    await using first = server.start([...args, '-'])
    const end = Math.min(killed + 1000, LINE_COUNT)
    await feed({ publish: first, tail }, { start: 0, end, seen: killed })
    first.kill('SIGKILL')
    await first.ended
    const second = await server.run([...args, WORDS_FILE])
    const summary = JSON.parse(second.stdout.toString()) as { records: number; skipped: number }
    expect(summary.skipped).toBeGreaterThanOrEqual(killed)
    expect(summary.records + summary.skipped).toBe(LINE_COUNT)
    const third = await server.run([...args, WORDS_FILE])
    expect(JSON.parse(third.stdout.toString())).toMatchObject({ records: 0, skipped: LINE_COUNT })
    const replayed = await server.run(['replay', 'words'])
    expect(replayed.stdout.equals(WORDS_TEXT)).toBe(true)
  })

  it('goes on after Ctrl-C when it is run again under the same name', async () => {
    await using server = await ServerProcess.start()
    await using tail = server.start(['tail', 'words', '--create'])
    await tail.stderrLine(/following/)
    const args = ['publish', 'words', '--producer', 'import']
    await using first = server.start([...args, '-'])
    await feed({ publish: first, tail }, { start: 0, end: 1000, seen: 1000 })
    first.kill('SIGINT')
    const interrupted = await first.ended
    expect(interrupted.status).toBe(130)
    expect(interrupted.stderr).toMatch(/up to line 1,000 .* the same command goes on from where/)
    const second = await server.run([...args, WORDS_FILE])
    expect(second.status).toBe(0)
    expect(second.stderr).toMatch(/1,000 records of an earlier run skipped/)
    const replayed = await server.run(['replay', 'words'])
    expect(replayed.stdout.equals(WORDS_TEXT)).toBe(true)
  })
})
