import { describe, expect, it } from 'vitest'
import { resolveStart, type StartContext } from '../../../src/log/start-position.js'
import type { StartPosition } from '../../../src/index.js'
import { errorOf } from '../../support/errors.js'

const LOG: StartContext = {
  name: 's',
  startOffset: 10,
  visibleOffset: 20,
  gaps: [],
  offsetForTimestamp: (timestampUs) => (timestampUs <= 500 ? 13 : undefined),
}
const EMPTY: StartContext = {
  ...LOG,
  startOffset: 0,
  visibleOffset: 0,
  offsetForTimestamp: () => undefined,
}

describe('resolveStart', () => {
  it.each<[StartPosition, number]>([
    ['first', 10],
    ['next', 20],
    [10, 10],
    [19, 19],
    [20, 20],
    [{ last: 0 }, 20],
    [{ last: 1 }, 19],
    [{ last: 10 }, 10],
    [{ last: 11 }, 10],
    [{ last: Number.MAX_SAFE_INTEGER }, 10],
    [{ timestampUs: 500 }, 13],
    [{ timestampUs: 501 }, 20],
  ])('%o is %i', (from, offset) => {
    expect(resolveStart(LOG, from, 'strict')).toBe(offset)
    expect(resolveStart(LOG, from, 'clamp')).toBe(offset)
  })

  it.each<[StartPosition]>([['first'], ['next'], [0], [{ last: 5 }], [{ timestampUs: 0 }]])(
    '%o of an empty log is 0',
    (from) => {
      expect(resolveStart(EMPTY, from, 'strict')).toBe(0)
    },
  )

  it('refuses an offset outside with the bounds, or clamps it', async () => {
    for (const [outside, clamped] of [
      [9, 10],
      [0, 10],
      [21, 20],
      [Number.MAX_SAFE_INTEGER, 20],
    ] as const) {
      const error = await errorOf('OFFSET_OUT_OF_RANGE', () => resolveStart(LOG, outside, 'strict'))
      expect(error.details).toEqual({
        stream: 's',
        offset: outside,
        startOffset: 10,
        endOffset: 20,
      })
      expect(error.message).toContain(outside < 10 ? 'below the start offset 10' : 'beyond the end')
      expect(resolveStart(LOG, outside, 'clamp')).toBe(clamped)
    }
  })

  it('refuses what is no offset, count or time, also when it may clamp', async () => {
    for (const value of [-1, 0.5, NaN, Infinity, -Infinity, 2 ** 53]) {
      for (const from of [value, { last: value }, { timestampUs: value }]) {
        await errorOf('INVALID_REQUEST', () => resolveStart(LOG, from, 'strict'))
        await errorOf('INVALID_REQUEST', () => resolveStart(LOG, from, 'clamp'))
      }
    }
  })
})
