/**
 * A real file through the command: published, replayed from everywhere, tailed meanwhile.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { ServerProcess } from '../support/server.js'
import { linesOf, WORD_LINES, WORDS, WORDS_FILE, WORDS_TEXT } from '../support/text-file.js'

const LINE_COUNT = WORD_LINES.length
const MIDDLE = 137_000

interface JsonRecord {
  readonly offset: number
  readonly appendTime: string
  readonly value: string
}

function jsonLines(stdout: Buffer): JsonRecord[] {
  const lines = stdout.toString().trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as JsonRecord)
}

describe('a published file', () => {
  let server: ServerProcess
  let tailed: Buffer

  beforeAll(async () => {
    server = await ServerProcess.start()
    await using tail = server.start(['tail', 'words', '--create'])
    await tail.stderrLine(/following "words" from offset 0/)
    const published = await server.run(['publish', 'words', WORDS_FILE, '--json'])
    expect(published).toMatchObject({ status: 0, stderr: '' })
    expect(JSON.parse(published.stdout.toString())).toMatchObject({
      stream: 'words',
      records: LINE_COUNT,
      skipped: 0,
      bytes: WORDS.length - LINE_COUNT + 1,
      firstOffset: 0,
      lastOffset: LINE_COUNT - 1,
      complete: true,
    })
    await tail.stdoutBytes(WORDS_TEXT.length)
    tail.kill('SIGINT')
    const outcome = await tail.ended
    expect(outcome.status).toBe(0)
    tailed = outcome.stdout
  })

  afterAll(() => server[Symbol.asyncDispose]())

  it('has more than ten thousand lines', () => {
    expect(LINE_COUNT).toBeGreaterThan(10_000)
  })

  it('was seen by a tail that ran meanwhile', () => {
    expect(tailed.equals(WORDS_TEXT)).toBe(true)
  })

  it('is replayed byte for byte, each line with a newline', async () => {
    const { status, stdout, stderr } = await server.run(['replay', 'words'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.equals(WORDS_TEXT)).toBe(true)
  })

  it('is replayed byte for byte without a newline at its end, where it has none', async () => {
    const { status, stdout } = await server.run(['replay', 'words', '--no-final-newline'])
    expect(status).toBe(0)
    expect(stdout.equals(WORDS)).toBe(true)
  })

  it('is replayed from a middle offset', async () => {
    const { status, stdout } = await server.run(['replay', 'words', '--from', String(MIDDLE)])
    expect(status).toBe(0)
    expect(stdout.equals(linesOf(MIDDLE, LINE_COUNT))).toBe(true)
  })

  it('is replayed from a middle offset to another, to a count, and not at all', async () => {
    const from = ['replay', 'words', '--from', String(MIDDLE)]
    const toOffset = await server.run([...from, '--to', String(MIDDLE + 7)])
    expect(toOffset.stdout.equals(linesOf(MIDDLE, MIDDLE + 7))).toBe(true)
    const toCount = await server.run([...from, '--to', '+12345'])
    expect(toCount.stdout.equals(linesOf(MIDDLE, MIDDLE + 12_345))).toBe(true)
    const toItself = await server.run([...from, '--to', String(MIDDLE)])
    expect(toItself).toMatchObject({ status: 0, stderr: '' })
    expect(toItself.stdout.length).toBe(0)
  })

  it('is replayed from the last ten', async () => {
    const { status, stdout } = await server.run(['replay', 'words', '--from', 'last:10'])
    expect(status).toBe(0)
    expect(stdout.equals(linesOf(LINE_COUNT - 10, LINE_COUNT))).toBe(true)
  })

  it('is replayed whole from the last of more than there are', async () => {
    const { stdout } = await server.run(['replay', 'words', '--from', 'last:9999999'])
    expect(stdout.equals(WORDS_TEXT)).toBe(true)
  })

  it('is replayed from and to a time, exact to the record', async () => {
    const everything = await server.run(['replay', 'words', '--format', 'json'])
    const records = jsonLines(everything.stdout)
    expect(records.map(({ value }) => value)).toEqual(WORD_LINES)
    const time = records[MIDDLE]?.appendTime ?? ''
    const first = records.findIndex(({ appendTime }) => appendTime >= time)
    expect(first).toBeGreaterThan(0)
    const since = await server.run(['replay', 'words', '--from', time])
    expect(since.stdout.equals(linesOf(first, LINE_COUNT))).toBe(true)
    const until = await server.run(['replay', 'words', '--to', time])
    expect(until.stdout.equals(linesOf(0, first))).toBe(true)
  })

  it('is replayed with offsets', async () => {
    const { stdout } = await server.run(['replay', 'words', '--offsets'])
    const expected = WORD_LINES.map((line, offset) => `${offset}\t${line}\n`).join('')
    expect(stdout.equals(Buffer.from(expected))).toBe(true)
  })

  it('is tailed from the past, and ends after a count', async () => {
    const args = ['tail', 'words', '--from', 'last:100', '--count', '40', '--quiet']
    const { status, stdout, stderr } = await server.run(args)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.equals(linesOf(LINE_COUNT - 100, LINE_COUNT - 60))).toBe(true)
  })
})
