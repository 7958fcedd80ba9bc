import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  PRODUCER_RUNS_MAX,
  PRODUCERS_MAX,
  RUNS_MAX,
  ProducerTable,
  type ProducedBatch,
} from '../../../src/producers/producer-table.js'
import { errorOf } from '../../support/errors.js'

const ID = 7
const MODULUS = 2 ** 32

function batch(baseSequence: number, recordCount: number, producerEpoch = 1): ProducedBatch {
  return { producerId: ID, producerEpoch, baseSequence, recordCount }
}

/** A table with one producer, opened once. */
function opened(): ProducerTable {
  const table = new ProducerTable()
  table.open(ID)
  return table
}

describe('ProducerTable', () => {
  it('knows nothing of a producer that is opened first', () => {
    const table = new ProducerTable()
    expect(table.open(ID)).toEqual({ producerId: ID, producerEpoch: 1, lastSequence: -1 })
    expect(table.size).toBe(1)
  })

  it('takes a first batch at any sequence, then only the next one', async () => {
    const table = opened()
    expect(table.duplicateOffset(batch(500, 3))).toBeUndefined()
    table.note(batch(500, 3), 0)
    expect(table.duplicateOffset(batch(503, 1))).toBeUndefined()
    const error = await errorOf('OUT_OF_SEQUENCE', () => table.duplicateOffset(batch(504, 1)))
    expect(error.details).toEqual({ expectedSequence: 503, actualSequence: 504 })
  })

  it('finds a batch that is stored, in whatever pieces it is sent again', () => {
    const table = opened()
    table.note(batch(0, 10), 100)
    table.note(batch(10, 5), 110)
    expect(table.duplicateOffset(batch(0, 10))).toBe(100)
    expect(table.duplicateOffset(batch(10, 5))).toBe(110)
    expect(table.duplicateOffset(batch(0, 15))).toBe(100)
    expect(table.duplicateOffset(batch(3, 9))).toBe(103)
    expect(table.duplicateOffset(batch(14, 1))).toBe(114)
  })

  it('refuses a batch of which a part is stored', async () => {
    const table = opened()
    table.note(batch(0, 10), 100)
    for (const overlapping of [batch(9, 2), batch(0, 11), batch(5, 100)]) {
      const error = await errorOf('OUT_OF_SEQUENCE', () => table.duplicateOffset(overlapping))
      expect(error.details['expectedSequence']).toBe(10)
    }
  })

  it('finds a batch in each of the runs that others came between', () => {
    const table = opened()
    table.note(batch(0, 5), 0)
    table.note(batch(5, 5), 20)
    table.note(batch(10, 5), 40)
    expect([0, 4, 5, 9, 10, 14].map((at) => table.duplicateOffset(batch(at, 1)))).toEqual([
      0, 4, 20, 24, 40, 44,
    ])
  })

  it('has no one offset for a batch whose records lie in several runs', () => {
    const table = opened()
    table.note(batch(0, 5), 0)
    table.note(batch(5, 5), 20)
    expect(table.duplicateOffset(batch(0, 5))).toBe(0)
    expect(table.duplicateOffset(batch(0, 6))).toBe(-1)
    expect(table.duplicateOffset(batch(4, 2))).toBe(-1)
    expect(table.duplicateOffset(batch(0, 10))).toBe(-1)
  })

  it('fences older epochs, newer ones that were never opened, and strangers', async () => {
    const table = opened()
    table.note(batch(0, 1), 0)
    table.open(ID)
    await errorOf('FENCED', () => table.duplicateOffset(batch(1, 1, 1)))
    await errorOf('FENCED', () => table.duplicateOffset(batch(1, 1, 3)))
    expect(table.duplicateOffset(batch(1, 1, 2))).toBeUndefined()
    const stranger = { ...batch(0, 1), producerId: ID + 1 }
    const error = await errorOf('FENCED', () => table.duplicateOffset(stranger))
    expect(error.message).toContain('current is none')
  })

  it('hands on the last sequence from epoch to epoch, and finds what an older epoch stored', () => {
    const table = opened()
    table.note(batch(0, 10), 100)
    expect(table.open(ID)).toEqual({ producerId: ID, producerEpoch: 2, lastSequence: 9 })
    expect(table.duplicateOffset(batch(0, 10, 2))).toBe(100)
  })

  it('wraps the epoch at 2^16', () => {
    const table = new ProducerTable()
    table.note(batch(0, 1, 0xffff), 0)
    expect(table.open(ID).producerEpoch).toBe(0)
    expect(table.duplicateOffset(batch(1, 1, 0))).toBeUndefined()
  })

  it('counts sequences modulo 2^32', async () => {
    const table = opened()
    table.note(batch(MODULUS - 4, 4), 0)
    expect(table.open(ID).lastSequence).toBe(MODULUS - 1)
    const next = batch(0, 6, 2)
    expect(table.duplicateOffset(next)).toBeUndefined()
    table.note(next, 4)
    expect(table.duplicateOffset(batch(MODULUS - 2, 4, 2))).toBe(2)
    expect(table.duplicateOffset(batch(0, 6, 2))).toBe(4)
    await errorOf('OUT_OF_SEQUENCE', () => table.duplicateOffset(batch(5, 2, 2)))
    await errorOf('OUT_OF_SEQUENCE', () => table.duplicateOffset(batch(7, 1, 2)))
  })

  it('takes a batch across the wrap', () => {
    const table = opened()
    table.note(batch(MODULUS - 2, 4), 0)
    expect(table.duplicateOffset(batch(2, 1))).toBeUndefined()
    expect(table.duplicateOffset(batch(MODULUS - 2, 4))).toBe(0)
    expect(table.duplicateOffset(batch(1, 1))).toBe(3)
  })

  it('still knows a duplicate whose run it has forgotten, without an offset', () => {
    const table = opened()
    for (let at = 0; at <= PRODUCER_RUNS_MAX; at += 1) table.note(batch(at, 1), at * 2)
    expect(table.duplicateOffset(batch(0, 1))).toBe(-1)
    expect(table.duplicateOffset(batch(1, 1))).toBe(2)
    expect(table.duplicateOffset(batch(0, 2))).toBe(-1)
    expect(table.duplicateOffset(batch(PRODUCER_RUNS_MAX, 1))).toBe(PRODUCER_RUNS_MAX * 2)
  })

  it('shares its room among producers that write in turn, and still knows what is stored', () => {
    const table = new ProducerTable()
    const producers = 1000
    const rounds = 200
    for (let round = 0; round < rounds; round += 1) {
      for (let id = 1; id <= producers; id += 1) {
        table.note({ ...batch(round, 1), producerId: id }, round * producers + id)
      }
    }
    const runCount = table.snapshot().reduce((sum, [, , , runs]) => sum + runs.length / 3, 0)
    expect(runCount).toBeLessThanOrEqual(RUNS_MAX)
    const share = Math.floor(RUNS_MAX / producers)
    for (const id of [1, 500, producers]) {
      const offsetOf = (round: number): number | undefined =>
        table.duplicateOffset({ ...batch(round, 1), producerId: id })
      expect(offsetOf(0)).toBe(-1)
      expect(offsetOf(rounds - share - 1)).toBe(-1)
      expect(offsetOf(rounds - share)).toBe((rounds - share) * producers + id)
      expect(offsetOf(rounds - 1)).toBe((rounds - 1) * producers + id)
      expect(offsetOf(rounds)).toBeUndefined()
    }
  })

  it('takes surplus runs from producers that fell silent when others came', () => {
    const table = new ProducerTable()
    for (let round = 0; round < PRODUCER_RUNS_MAX; round += 1)
      table.note(batch(round, 1), round * 2)
    for (let id = 100; id < 10_000; id += 1) table.open(id)
    const [, , , runs] = table.snapshot().find(([producerId]) => producerId === ID) ?? []
    expect(runs?.length).toBe(4 * 3)
    expect(table.duplicateOffset(batch(PRODUCER_RUNS_MAX - 1, 1))).toBe((PRODUCER_RUNS_MAX - 1) * 2)
  })

  it('forgets the producer that was silent for longest', () => {
    const table = new ProducerTable()
    for (let id = 1; id <= PRODUCERS_MAX; id += 1) {
      table.note({ ...batch(0, 1), producerId: id }, id)
    }
    expect(table.size).toBe(PRODUCERS_MAX)
    table.note({ ...batch(1, 1), producerId: 1 }, 99_999)
    table.open(PRODUCERS_MAX + 1)
    expect(table.size).toBe(PRODUCERS_MAX)
    expect(table.open(1).lastSequence).toBe(1)
    expect(table.open(2).lastSequence).toBe(-1)
  })

  it('is the same after a snapshot, in its order of use too', () => {
    const table = new ProducerTable()
    for (let at = 0; at < 20; at += 1) {
      table.note({ ...batch(at * 2, 2), producerId: 1 + (at % 3) }, at * 5)
    }
    const stored: unknown = JSON.parse(JSON.stringify(table.snapshot()))
    const restored = ProducerTable.restore(stored)
    expect(restored.snapshot()).toEqual(table.snapshot())
    expect(restored.size).toBe(3)
  })

  it.each([
    null,
    {},
    'text',
    [1],
    [[1, 2, 3]],
    [[1, 2, 3, 4]],
    [[1, 2, 3, [1, 2]]],
    [[1, 2, 3, [1, 2, 'x']]],
    [[1.5, 2, 3, []]],
    [['1', 2, 3, []]],
  ])('refuses a snapshot that is none: %j', (snapshot) => {
    expect(() => ProducerTable.restore(snapshot)).toThrow(TypeError)
  })

  it('says of every sequence whether it is stored and where, as a plain list would', () => {
    const writes = fc.array(
      fc.record({ count: fc.integer({ min: 1, max: 6 }), gap: fc.constantFrom(0, 0, 3) }),
      { minLength: 1, maxLength: 30 },
    )
    const start = fc.constantFrom(0, 1000, MODULUS - 20)
    const question = fc.record({ at: fc.nat(200), count: fc.integer({ min: 1, max: 20 }) })
    fc.assert(
      fc.property(start, writes, question, (base, list, { at, count }) => {
        const table = opened()
        const offsets: number[] = []
        let offset = 0
        for (const { count: stored, gap } of list) {
          offset += gap
          table.note(batch((base + offsets.length) % MODULUS, stored), offset)
          for (let i = 0; i < stored; i += 1) offsets.push(offset + i)
          offset += stored
        }
        const first = at % (offsets.length + 5)
        const asked = batch((base + first) % MODULUS, count)
        const stored = offsets.slice(first, first + count)
        const outcome = (() => {
          try {
            return table.duplicateOffset(asked)
          } catch {
            return 'refused'
          }
        })()
        if (first === offsets.length) expect(outcome).toBeUndefined()
        else if (stored.length < count) expect(outcome).toBe('refused')
        else {
          const isContiguous = (stored.at(-1) ?? 0) - (stored[0] ?? 0) === count - 1
          expect(outcome).toBe(isContiguous ? stored[0] : -1)
        }
      }),
    )
  })
})
