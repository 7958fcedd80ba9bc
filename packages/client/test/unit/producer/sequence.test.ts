import { NO_SEQUENCE } from '@tailrace/protocol'
import { describe, expect, test } from 'vitest'

import {
  epochGrowth,
  reconcileSequence,
  sequenceAfter,
  type SequenceSituation,
} from '../../../src/producer/sequence.js'

const situation: SequenceSituation = {
  epochGrowth: 1,
  openAttempts: 1,
  isSameProducer: true,
  isNamed: true,
  stream: 'orders',
  lastSequence: 99,
  firstSequence: 100,
  nextSequence: 110,
}

function reconcile(changes: Partial<SequenceSituation>): number {
  return reconcileSequence({ ...situation, ...changes })
}

test('sequences and epochs wrap', () => {
  expect(sequenceAfter(0xffff_fffe, 3)).toBe(1)
  expect(epochGrowth(0xffff, 1)).toBe(2)
  expect(epochGrowth(1, 0xffff)).toBe(-2)
})

describe('the first sequence on a new channel', () => {
  test('continues behind what the log has, the first time', () => {
    const first = { isSameProducer: false, firstSequence: 0, nextSequence: 5, epochGrowth: 700 }
    expect(reconcile({ ...first, lastSequence: NO_SEQUENCE })).toBe(0)
    expect(reconcile({ ...first, lastSequence: 41 })).toBe(42)
    expect(reconcile({ ...first, lastSequence: 0xffff_ffff })).toBe(0)
  })

  test.each([
    ['nothing of the unacknowledged is stored', 99],
    ['some of it is stored', 104],
    ['all of it is stored', 109],
  ])('stays when %s', (_what, lastSequence) => {
    expect(reconcile({ lastSequence })).toBe(100)
  })

  test('stays across the wrap', () => {
    const wrapped = { firstSequence: 0xffff_fff0, nextSequence: 16 }
    expect(reconcile({ ...wrapped, lastSequence: 3 })).toBe(0xffff_fff0)
  })

  test('goes back with a log that has lost what it acknowledged', () => {
    expect(reconcile({ lastSequence: 49 })).toBe(50)
    expect(reconcile({ lastSequence: NO_SEQUENCE })).toBe(0)
  })

  test('of an anonymous producer is the one the log expects, whatever it has', () => {
    expect(reconcile({ isNamed: false, lastSequence: 500 })).toBe(501)
  })

  test('does not exist for a producer whose name another one has written under', () => {
    expect(() => reconcile({ lastSequence: 110 })).toThrow(
      expect.objectContaining({ code: 'FENCED' }),
    )
  })

  test('does not exist for a producer whose name another one has opened', () => {
    expect(() => reconcile({ epochGrowth: 2 })).toThrow(expect.objectContaining({ code: 'FENCED' }))
    expect(reconcile({ epochGrowth: 2, openAttempts: 2 })).toBe(100)
    expect(reconcile({ epochGrowth: -3 })).toBe(100)
    expect(reconcile({ epochGrowth: 2, isNamed: false })).toBe(100)
  })
})
