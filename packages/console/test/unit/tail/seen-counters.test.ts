import { describe, expect, it } from 'vitest'

import { SeenCounters, type Seen } from '../../../src/tail/seen-counters.js'

describe('SeenCounters', () => {
  it('counts from wherever the first record is', () => {
    expect(after((seen) => seen.addRecords({ first: 40, last: 49, count: 10 }))).toEqual(
      seenOf({ first: 40, last: 49, count: 10 }),
    )
    expect(after(() => undefined)).toEqual(seenOf({}))
  })

  it('finds a gap between batches and inside one', () => {
    const seen = after((counters) => {
      counters.addRecords({ first: 0, last: 9, count: 10 })
      counters.addRecords({ first: 12, last: 19, count: 8 })
      counters.addRecords({ first: 20, last: 29, count: 7 })
    })
    expect(seen).toEqual(seenOf({ first: 0, last: 29, count: 25, gaps: 5 }))
  })

  it('finds what came again', () => {
    const seen = after((counters) => {
      counters.addRecords({ first: 0, last: 9, count: 10 })
      counters.addRecords({ first: 8, last: 12, count: 5 })
      counters.addRecords({ first: 0, last: 2, count: 3 })
      counters.addRecords({ first: 13, last: 13, count: 1 })
    })
    expect(seen).toEqual(seenOf({ first: 0, last: 13, count: 19, duplicates: 5 }))
  })

  it('takes what a notice accounts for as missing, not as a gap', () => {
    const seen = after((counters) => {
      counters.addRecords({ first: 0, last: 9, count: 10 })
      counters.addMissing(10, 50)
      counters.addRecords({ first: 50, last: 50, count: 1 })
    })
    expect(seen).toEqual(seenOf({ first: 0, last: 50, count: 11, missing: 40 }))
  })
})

function after(act: (counters: SeenCounters) => void): Seen {
  const counters = new SeenCounters()
  act(counters)
  return counters.now
}

function seenOf(part: Partial<Seen>): Seen {
  return {
    first: undefined,
    last: undefined,
    count: 0,
    gaps: 0,
    duplicates: 0,
    missing: 0,
    ...part,
  }
}
