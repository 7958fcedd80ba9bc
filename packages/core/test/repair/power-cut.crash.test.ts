/**
 * The power goes before every step of an applied repair, and one time in five again before a step of
 * what comes next. Whatever is left: everything outside the damage is there, and repair completes.
 */

import { Random, type SimulatedStorage } from '@tailrace/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { repairStream, verifyStore, type LogRecord } from '../../src/index.js'
import { runSeed } from '../support/random.js'
import { thrownBy } from '../support/errors.js'
import { SMALL } from '../support/test-store.js'
import { CORRUPTORS, type Corruptor } from './support/corruptors.js'
import { layoutOf, simulatedDisk } from './support/disk.js'
import { fill, judgeLog, readWithGaps } from './support/filled-stream.js'
import { copyOfDisk, filledDisk, STREAM, withLog, withStore } from './support/simulated.js'

let pristine: SimulatedStorage
let originals: readonly LogRecord[]

beforeAll(async () => {
  pristine = await filledDisk(fill, SMALL)
  originals = await withLog(pristine, async (log) => (await readWithGaps(log)).records)
})

/** A disk as a cut left it, and where that was. */
interface Cut {
  readonly step: string
  readonly left: SimulatedStorage
}

/** Does `work` on the disk; copies it as a cut before each step would leave it. */
async function cutsOf(
  storage: SimulatedStorage,
  random: Random,
  work: () => Promise<void>,
): Promise<readonly Cut[]> {
  const cuts: Cut[] = []
  storage.hook = ({ kind, path, step }) => {
    const left = storage.crash(random)
    cuts.push({ step: `${String(cuts.length)}: ${kind} of ${path}, ${String(step)}`, left })
  }
  await work()
  storage.hook = () => undefined
  return cuts
}

/** What an operator may do after the power is back: repair at once, or first start the server. */
async function goOn(storage: SimulatedStorage, opensFirst: boolean): Promise<void> {
  if (opensFirst) {
    await withStore(storage, async (store) => {
      await store.open(STREAM)
    })
  }
  await repairStream('simulated', STREAM, { apply: true, storage })
}

async function judge(storage: SimulatedStorage, { expected }: Corruptor): Promise<void> {
  const [stream] = (await verifyStore('simulated', { storage })).streams
  expect(stream).toMatchObject({ defects: [], endOffset: expected.endOffset })
  const again = await repairStream('simulated', STREAM, { apply: true, storage })
  expect(again.isNeeded).toBe(false)
  await withStore(storage, async (store) => {
    const log = await store.open(STREAM)
    expect(log.failure).toBeUndefined()
    await judgeLog(log, originals, expected.lost)
    expect((await log.append({ value: 'again' })).baseOffset).toBe(expected.endOffset)
  })
}

/** Damages a copy of the disk, repairs it and judges every cut. Returns how many there were. */
async function tryEveryCut(
  corruptor: Corruptor,
  seed: number,
  sabotage: (storage: SimulatedStorage) => void = () => undefined,
): Promise<number> {
  const random = new Random(seed)
  const storage = await copyOfDisk(pristine)
  const disk = simulatedDisk(storage)
  await corruptor.damage(disk, layoutOf(disk))
  sabotage(storage)
  const cuts = await cutsOf(storage, random, async () => {
    await repairStream('simulated', STREAM, { apply: true, storage })
  })
  for (const [at, { step, left }] of cuts.entries()) {
    try {
      await judgeCut(left, corruptor, { random, at })
    } catch (error) {
      throw new Error(`seed ${String(seed)}, cut ${step}`, { cause: error })
    }
  }
  return cuts.length
}

async function judgeCut(
  left: SimulatedStorage,
  corruptor: Corruptor,
  { random, at }: { readonly random: Random; readonly at: number },
): Promise<void> {
  const opensFirst = at % 2 === 0
  if (at % 5 !== 0) {
    await goOn(left, opensFirst)
    await judge(left, corruptor)
    return
  }
  const seconds = await cutsOf(left, random, () => goOn(left, opensFirst))
  await judge(left, corruptor)
  if (seconds.length === 0) return
  const second = random.pick(seconds)
  await goOn(second.left, !opensFirst)
  await judge(second.left, corruptor)
}

describe('a power cut before every step of a repair', () => {
  const corruptors = CORRUPTORS.filter(({ name }) => !name.startsWith('a bit of byte'))
  let cutCount = 0

  it.each(corruptors)('of $name', async (corruptor) => {
    const count = await tryEveryCut(corruptor, runSeed())
    expect(count).toBeGreaterThan(5)
    cutCount += count
  })

  it('has been tried many hundred times', () => {
    expect(cutCount).toBeGreaterThan(800)
  })
})

/** Faults put in on purpose: if these pass, the judge above is blind. */
describe('the judge', () => {
  const split = CORRUPTORS.find(({ name }) => name === 'a bit of a value flips')

  it.each<[string, (storage: SimulatedStorage) => void]>([
    [
      'names that are never synced',
      (storage) => {
        storage.syncDirectory = () => Promise.resolve()
      },
    ],
    [
      'new segments that are never synced',
      (storage) => {
        const create = storage.create.bind(storage)
        storage.create = async (path, capacityBytes) => {
          const file = await create(path, capacityBytes)
          return { ...file, sync: () => Promise.resolve() }
        }
      },
    ],
  ])('notices %s', async (_, sabotage) => {
    if (split === undefined) throw new Error('the corruptor has another name now')
    // What a cut leaves is drawn: not every draw is one that hurts.
    let caught: unknown
    for (let more = 0; more < 20 && caught === undefined; more += 1) {
      caught = await thrownBy(tryEveryCut(split, runSeed() + more, sabotage))
    }
    expect(caught).toMatchObject({ message: expect.stringMatching(/^seed/) as string })
  })
})
