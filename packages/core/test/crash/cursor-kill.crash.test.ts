/**
 * A consumer that is killed: its cursor is the one it committed last, or the one it was just committing.
 * Never how far it had read, never an older one, never another consumer's.
 */

import { expect, it } from 'vitest'
import { openStore } from '../../src/index.js'
import { errorOf } from '../support/errors.js'
import { startProgram } from '../support/programs.js'
import { randomIntegers, runSeed } from '../support/random.js'
import { temporaryDirectory } from '../support/temporary.js'

const ROUNDS = 8
const COMMITS_MAX = 150
const NAMES = ['a', 'b', 'c']

interface Said {
  readonly name: string
  readonly offset: number
  /** Present once the commit was acknowledged. */
  readonly generation?: number
}

/** Has the program commit until it has said so `count` times, then kills it. Returns all it said. */
async function commitUntilKilled(root: string, count: number): Promise<Said[]> {
  const program = startProgram('committer', [root])
  const said: Said[] = []
  let acknowledged = 0
  await new Promise<void>((resolve, reject) => {
    program.process.on('message', (message: Said) => {
      said.push(message)
      if (message.generation !== undefined) acknowledged += 1
      if (acknowledged === count) resolve()
    })
    program.process.on('exit', (code) => {
      reject(new Error(`the program ended with ${String(code)}`))
    })
  })
  await program.kill()
  return said
}

it(`a cursor survives kill -9 as it was committed, ${String(ROUNDS)} times`, async () => {
  using directory = temporaryDirectory()
  const random = randomIntegers(runSeed())
  const acknowledged = new Map<string, Said>()
  for (let round = 0; round < ROUNDS; round += 1) {
    const said = await commitUntilKilled(directory.path, 1 + random(COMMITS_MAX))
    const sent = new Map<string, number>()
    for (const one of said) {
      if (one.generation === undefined) sent.set(one.name, one.offset)
      else acknowledged.set(one.name, one)
    }
    await using store = await openStore(directory.path)
    const { cursors } = await store.open('read')
    for (const name of NAMES) {
      const cursor = cursors.get(name)
      const known = acknowledged.get(name)
      const generation = cursor?.generation ?? 0
      expect(generation).toBeGreaterThanOrEqual(known?.generation ?? 0)
      const expected = generation === (known?.generation ?? 0) ? known?.offset : sent.get(name)
      expect(cursor?.offset).toBe(expected)
      // Whoever still believes in an older generation is told.
      if (cursor === undefined) continue
      const stale = { expectedGeneration: generation - 1 }
      await errorOf('CURSOR_CONFLICT', cursors.commit(name, 1, stale))
      acknowledged.set(name, { name, offset: cursor.offset, generation })
    }
  }
  expect([...acknowledged.keys()].sort()).toEqual(NAMES)
}, 60_000)
