import { RequestError } from '@tailrace/client'
import { describe, expect, it } from 'vitest'

import {
  explainFailure,
  explainInvalidStart,
  type TailFailure,
} from '../../../src/tail/tail-failure.js'
import { noticeText } from '../../../src/tail/notice.js'

describe('explainFailure', () => {
  it('tells a stream that is not there from one that has gone', () => {
    const error = new RequestError('STREAM_NOT_FOUND', 'stream "orders" was deleted')
    expect(explain(error, false).title).toBe('There is no stream “orders”')
    expect(explain(error, true).title).toBe('The stream “orders” is gone')
  })

  it('offers ways on that can work', () => {
    const ways = (code: ConstructorParameters<typeof RequestError>[0]): string[] =>
      explain(new RequestError(code, 'x')).waysOn.map(({ from }) => from.kind)
    expect(ways('EPOCH_MISMATCH')).toEqual(['first', 'next'])
    expect(ways('OFFSET_OUT_OF_RANGE')).toEqual(['first', 'next'])
    expect(ways('STREAM_NOT_FOUND')).toEqual(['offset'])
    expect(ways('INVALID_STREAM_NAME')).toEqual([])
  })

  it('shows what it does not know with the words it came with', () => {
    expect(explain(new Error('the disk is on fire!'))).toMatchObject({
      code: 'UNKNOWN',
      title: 'Reading stopped',
      text: 'The disk is on fire!',
    })
    expect(explain('just text')).toMatchObject({ text: 'Just text.' })
    expect(explain(new Error(''))).toMatchObject({ text: '' })
  })

  it('repeats a start that is none', () => {
    expect(explainInvalidStart('banana').title).toContain('“banana”')
  })
})

describe('noticeText', () => {
  it('says which records are missing and why', () => {
    const missing = { kind: 'missing', from: 10, to: 91, reason: 'retention' } as const
    expect(noticeText(missing)).toBe('Records 10–90 are gone: 81 removed by retention')
    expect(noticeText({ ...missing, to: 11, reason: 'damage' })).toBe(
      'Record 10 is gone: damaged on disk',
    )
    expect(noticeText({ ...missing, to: 1_010, reason: 'jump' })).toBe(
      'Records 10–1009 are not shown: 1,000 skipped on the way to the newest',
    )
  })
})

function explain(error: unknown, hasBegun = true): TailFailure {
  return explainFailure(error, { stream: 'orders', from: { kind: 'offset', offset: 5 }, hasBegun })
}
