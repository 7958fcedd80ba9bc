import { describe, expect, it } from 'vitest'

import { StreamRates } from '../../../src/views/stream-rates.js'

describe('StreamRates', () => {
  it('is the growth between two looks', () => {
    const rates = new StreamRates()
    rates.update([look('a', 100), look('b', 5)], 1_000)
    expect(rates.rate('a')).toBe(0)
    rates.update([look('a', 1_100), look('b', 5), look('c', 7)], 3_000)
    expect([rates.rate('a'), rates.rate('b'), rates.rate('c'), rates.rate('d')]).toEqual([
      500, 0, 0, 0,
    ])
  })

  it('knows nothing of a stream that was made anew', () => {
    const rates = new StreamRates()
    rates.update([look('a', 100)], 0)
    rates.update([look('a', 900, 'other')], 1_000)
    expect(rates.rate('a')).toBe(0)
    rates.update([look('a', 1_000, 'other')], 2_000)
    expect(rates.rate('a')).toBe(100)
  })
})

function look(stream: string, endOffset: number, streamId = 'one') {
  return { stream, streamId, endOffset }
}
