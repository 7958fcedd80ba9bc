/**
 * `tailrace bench`: that it counts right, ends by itself, cleans up after itself and touches nothing else.
 *
 * How fast it was is nobody's business here: no figure that is a time or a rate is looked at.
 */

import { connect, text, type Client } from '@tailrace/client'
import { MappedStorage, openStore, repairStream, type StorageFile } from '@tailrace/core'
import { StorageError } from '@tailrace/format'
import { startServer } from '@tailrace/server'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type BenchResult } from '../../src/bench/result.js'
import { type Outcome, run } from '../support/command.js'
import { DAMAGES, makeStore, RECORD_COUNT } from '../support/damaged-store.js'
import { ServerProcess, TemporaryDirectory } from '../support/server.js'
import { startOnTerminal } from '../support/terminal.js'

let server: ServerProcess
let client: Client

beforeAll(async () => {
  server = await ServerProcess.start()
  client = await connect(server.url)
})

afterAll(async () => {
  await client.close()
  await server[Symbol.asyncDispose]()
})

function resultOf({ stdout, stderr }: Outcome): BenchResult {
  if (stdout.length === 0) throw new Error(`no result:\n${stderr}`)
  return JSON.parse(stdout.toString()) as BenchResult
}

async function streamNames(): Promise<readonly string[]> {
  return (await client.streams()).map(({ stream }) => stream)
}

interface ServedBench {
  readonly outcome: Outcome
  /** The streams that are left. */
  readonly left: readonly string[]
}

/** Runs a bench against a store that is served in this process. */
async function benchOn(
  directory: string,
  storage: MappedStorage,
  args: readonly string[],
): Promise<ServedBench> {
  const store = await openStore(directory, { storage })
  const served = await startServer({ store, port: 0 })
  const env = { TAILRACE_URL: served.url }
  const outcome = await run(['bench', ...args, '--json'], { env })
  const left = store.list()
  await served.close()
  await store.close()
  return { outcome, left }
}

describe('bench publish', () => {
  it('counts what is acknowledged, in one object whose shape is documented', async () => {
    const outcome = await server.run(['bench', 'publish', '--records', '700', '--json'])
    expect(outcome).toMatchObject({ status: 0, stderr: '' })
    const speed = {
      seconds: expect.any(Number) as number,
      recordsPerSecond: expect.any(Number) as number,
      bytesPerSecond: expect.any(Number) as number,
    }
    const result = resultOf(outcome)
    expect(result).toEqual({
      bench: 'publish',
      stream: expect.stringMatching(/^bench-[0-9a-f]{8}$/) as string,
      isStreamKept: false,
      durability: 'fsync',
      publishers: 1,
      consumers: 0,
      sizeBytes: 128,
      batchBytes: 65_536,
      ratePerSecond: null,
      isComplete: true,
      published: { records: 700, bytes: 700 * 128, ...speed },
      unsentRecords: 0,
      delivered: null,
      missingRecords: 0,
      repeatedRecords: 0,
      gaps: [],
      acknowledgementMs: {
        count: 700,
        p50: expect.any(Number) as number,
        p90: expect.any(Number) as number,
        p99: expect.any(Number) as number,
        p999: expect.any(Number) as number,
        max: expect.any(Number) as number,
        histogram: expect.any(Array) as [],
      },
      deliveryMs: null,
      client: {
        cpuSeconds: expect.any(Number) as number,
        cpuCores: expect.any(Number) as number,
      },
    })
    const counts = result.acknowledgementMs?.histogram.map(({ count }) => count) ?? []
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(700)
    expect(await streamNames()).not.toContain(result.stream)
  })

  it('publishes at a rate, over several connections, and keeps the stream when told to', async () => {
    const options = ['--rate', '2k/s', '--seconds', '0.2', '--publishers', '3', '--size', '1KiB']
    const outcome = await server.run([
      ...['bench', 'publish', ...options, '--keep', '--durability', 'relaxed', '--json'],
    ])
    const result = resultOf(outcome)
    expect(result).toMatchObject({ durability: 'relaxed', ratePerSecond: 2000, isStreamKept: true })
    const { published, unsentRecords, stream } = result
    const records = published?.records ?? 0
    expect(records + unsentRecords).toBe(400)
    const consumed = await server.run([
      ...['bench', 'consume', '--stream', stream, '--consumers', '2', '--json'],
    ])
    expect(resultOf(consumed)).toMatchObject({
      isStreamKept: true,
      isComplete: true,
      delivered: { records: 2 * records, bytes: 2 * records * 1024 },
      missingRecords: 0,
      repeatedRecords: 0,
    })
    const some = await server.run(['bench', 'consume', '--stream', stream, '--records', '7'])
    expect(some.stdout.toString()).toMatch(/^delivered +7 +7 KiB /m)
    expect(await streamNames()).toContain(stream)
  })

  it('leaves a stream that has records alone, unless told to publish behind them', async () => {
    const precious = client.stream<string>('precious', { codec: text })
    await Promise.all([precious.publish('one'), precious.publish('two')])
    const options = ['--stream', 'precious', '--records', '3', '--json']
    const refused = await server.run(['bench', 'publish', ...options])
    expect(refused).toMatchObject({
      status: 2,
      stderr:
        'tailrace: stream "precious" has 2 records; add --append to publish behind them, or leave --stream out (NOT_CONFIRMED)\n',
    })
    const other = await server.run([
      ...['bench', 'publish', ...options, '--append', '--durability', 'relaxed'],
    ])
    expect(other.status).toBe(2)
    expect(other.stderr).toMatch(/"precious" is fsync, .* \(USAGE\)\n$/)
    expect((await server.storedLines('precious')).toString()).toBe('one\ntwo\n')
    const appended = await server.run(['bench', 'end-to-end', ...options, '--append'])
    expect(resultOf(appended)).toMatchObject({ delivered: { records: 3 }, missingRecords: 0 })
    expect((await server.storedLines('precious')).toString()).toMatch(/^one\ntwo\n.{4}/s)
    expect(await streamNames()).toContain('precious')
  })
})

describe('bench end-to-end', () => {
  it('delivers every record of every publisher to every consumer, once, in order', async () => {
    const options = ['--publishers', '2', '--consumers', '2', '--records', '3001']
    const outcome = await server.run(['bench', 'end-to-end', ...options, '--json'])
    expect(outcome).toMatchObject({ status: 0, stderr: '' })
    const result = resultOf(outcome)
    expect(result).toMatchObject({
      isComplete: true,
      published: { records: 3001 },
      delivered: { records: 6002, bytes: 6002 * 128 },
      missingRecords: 0,
      repeatedRecords: 0,
      acknowledgementMs: { count: 3001 },
      deliveryMs: { count: 6002 },
    })
    expect(await streamNames()).not.toContain(result.stream)
  })

  it('draws figures on a terminal, and ends at Ctrl-C with those so far', async () => {
    const options = ['--seconds', '600', '--rate', '500']
    await using command = startOnTerminal(['bench', 'end-to-end', ...options], {
      env: { TAILRACE_URL: server.url },
    })
    await command.stdoutText(
      /0% · [\d,]+ records\/s · \S+ [KM]?i?B\/s · p50 \S+ .s · p99 \S+ m?s · /,
    )
    await command.write('\u0003')
    const { status, stdout } = await command.ended
    expect(status).toBe(130)
    const text = stdout.toString()
    expect(text).toMatch(/^\S*delivered +\d+ /m)
    expect(text).toMatch(/interrupted: the figures are those of what was done by then\r\n$/)
    const [, stream = ''] = /stream "(bench-\w+)"/.exec(text) ?? []
    expect(await streamNames()).not.toContain(stream)
  })
})

describe('bench consume', () => {
  it('says which records are gone, and ends with 6 when that is damage', async () => {
    await using directory = await TemporaryDirectory.create()
    const data = directory.file('data')
    await makeStore(data, ['orders'])
    await DAMAGES[0]?.inflict(path.join(data, 'streams', 'orders'))
    await repairStream(data, 'orders', { apply: true })
    const args = ['consume', '--stream', 'orders']
    const { outcome } = await benchOn(data, new MappedStorage(data), args)
    expect(outcome.status).toBe(6)
    expect(outcome.stderr).toMatch(/ \(DAMAGED\)\n$/)
    const { gaps, delivered, missingRecords } = resultOf(outcome)
    expect(gaps).toEqual([expect.objectContaining({ reason: 'damage' })])
    const lost = gaps.reduce((sum, { from, to }) => sum + to - from, 0)
    expect(delivered?.records).toBe(RECORD_COUNT - lost)
    expect(missingRecords).toBe(0)
  })
})

describe('a bench that cannot be done', () => {
  let kept: readonly string[]

  beforeAll(async () => {
    kept = await streamNames()
  })

  it.each([
    [['consume', '--stream', 'nowhere'], 3, /STREAM_NOT_FOUND/],
    [['consume'], 2, /needs --stream.*USAGE/],
    [['publish', '--size', '64MiB'], 2, /BATCH_TOO_LARGE/],
    [['publish', '--url', 'ws://127.0.0.1:1'], 4, /CONNECT_FAILED/],
  ])('says why: %j', async (args, status, message) => {
    const outcome = await server.run(['bench', ...args])
    expect(outcome.status).toBe(status)
    expect(outcome.stderr).toMatch(message)
    expect(outcome.stderr.split('\n')).toHaveLength(2)
    expect(outcome.stdout.toString()).toBe('')
    expect(await streamNames()).toEqual(kept)
  })

  it('ends with NO_SPACE when the disk of the server is full, with the figures so far', async () => {
    await using directory = await TemporaryDirectory.create()
    const args = ['publish', '--seconds', '600', '--size', '64KiB']
    const { outcome, left } = await benchOn(directory.path, new SmallStorage(directory.path), args)
    expect(outcome.status).toBe(5)
    expect(outcome.stderr).toMatch(/^tailrace: .* \(NO_SPACE\)\n$/)
    const result = resultOf(outcome)
    expect(result.isComplete).toBe(false)
    expect(result.published?.records).toBe(result.acknowledgementMs?.count)
    expect(left).toEqual([])
  })
})

/** A disk that is full after a few files. */
class SmallStorage extends MappedStorage {
  #filesLeft = 6

  override async create(...file: Parameters<MappedStorage['create']>): Promise<StorageFile> {
    if (this.#filesLeft === 0) throw new StorageError('NO_SPACE', 'no space left')
    this.#filesLeft -= 1
    return await super.create(...file)
  }
}
