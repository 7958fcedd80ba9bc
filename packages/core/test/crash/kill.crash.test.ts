/**
 * A process that appends is killed, again and again, at a number of acknowledgements that a seed decides.
 *
 * Whatever was acknowledged is there afterwards, once, in order and as it was written; the batches that
 * were on their way are there whole or not at all; a producer that comes back goes on where it was.
 */

import { restampProducer } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { openStore, type Log } from '../../src/index.js'
import { startProgram } from '../support/programs.js'
import { randomIntegers, runSeed } from '../support/random.js'
import { produce, textOf } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'

const ROUNDS = 8
const ACKS_MAX = 1200
const STREAM = 'killed'

/** What the program says of a batch that is acknowledged. */
interface Acknowledgement {
  readonly name: string
  readonly baseSequence: number
  readonly recordCount: number
  readonly baseOffset: number
  readonly endOffset: number
}

/** Runs the program until it has acknowledged `count` batches, then kills it. */
async function appendUntilKilled(
  root: string,
  durability: string,
  count: number,
): Promise<Acknowledgement[]> {
  const program = startProgram('appender', [root, durability])
  const acknowledged: Acknowledgement[] = []
  await new Promise<void>((resolve, reject) => {
    program.process.on('message', (message) => {
      acknowledged.push(message as Acknowledgement)
      if (acknowledged.length === count) resolve()
    })
    program.process.on('exit', () => {
      reject(new Error(`the program ended after ${String(acknowledged.length)} acknowledgements`))
    })
  })
  // Acknowledgements that are still in the pipe count, too.
  await program.kill()
  return acknowledged
}

/** Which producer's which record lies at each offset; fails when a value is not as it was written. */
async function contentOf(log: Log): Promise<{ name: string; sequence: number }[]> {
  const content: { name: string; sequence: number }[] = []
  for await (const { offset, value } of log.read({ from: 'first' })) {
    expect(offset).toBe(content.length)
    const [name = '', digits = '', filling = ''] = textOf(value).split(' ')
    const sequence = Number(digits)
    expect(filling.length).toBe((sequence * 37) % 900)
    content.push({ name, sequence })
  }
  return content
}

/** Sequences of each producer run from 0 without a gap and without a repetition. */
function lastSequences(
  content: readonly { name: string; sequence: number }[],
): Map<string, number> {
  const last = new Map<string, number>()
  for (const { name, sequence } of content) {
    expect(sequence).toBe((last.get(name) ?? -1) + 1)
    last.set(name, sequence)
  }
  return last
}

/** Sends the last acknowledged batch of each producer again. */
function resendLast(log: Log, acknowledged: readonly Acknowledgement[]): void {
  const newest = new Map(acknowledged.map((batch) => [batch.name, batch]))
  for (const { name, baseSequence, recordCount, baseOffset, endOffset } of newest.values()) {
    const handle = log.openProducer({ name })
    const batch = produce(Array.from({ length: recordCount }, () => ({ value: 'sent again' })))
    restampProducer(batch, { ...handle, baseSequence })
    expect(log.appendBatch(batch, { check: true })).toEqual({
      baseOffset,
      endOffset,
      isDuplicate: true,
    })
  }
}

describe('a process that is killed while it appends', () => {
  it.each(['fsync', 'relaxed'])(
    `loses nothing acknowledged and stores nothing twice (%s, ${String(ROUNDS)} kills)`,
    async (durability) => {
      using directory = temporaryDirectory()
      const random = randomIntegers(runSeed())
      const acknowledged: Acknowledgement[] = []
      for (let round = 0; round < ROUNDS; round += 1) {
        const count = 1 + random(ACKS_MAX)
        acknowledged.push(...(await appendUntilKilled(directory.path, durability, count)))
        const store = await openStore(directory.path)
        const log = await store.open(STREAM)
        expect(log.recovery.damage).toBeUndefined()
        const content = await contentOf(log)
        const last = lastSequences(content)
        for (const { name, baseSequence, recordCount, baseOffset } of acknowledged) {
          expect(content[baseOffset]).toEqual({ name, sequence: baseSequence })
          expect(content[baseOffset + recordCount - 1]?.sequence).toBe(
            baseSequence + recordCount - 1,
          )
        }
        resendLast(log, acknowledged)
        expect(log.endOffset).toBe(content.length)
        for (const [name, sequence] of last) {
          expect(log.openProducer({ name }).lastSequence).toBe(sequence)
        }
        await store.close()
      }
      expect(acknowledged.length).toBeGreaterThan(ROUNDS)
    },
    120_000,
  )
})
