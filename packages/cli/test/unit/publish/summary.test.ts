/** What a publish says at its end. */

import { describe, expect, it } from 'vitest'

import { summarize, summarySentence, type PublishSummary } from '../../../src/publish/summary.js'
import { Tally } from '../../../src/publish/tally.js'

const SUMMARY: PublishSummary = {
  stream: 'words',
  records: 1000,
  skipped: 0,
  bytes: 2048,
  seconds: 0.5,
  firstOffset: 10,
  lastOffset: 1009,
  complete: true,
}

describe('the summary of a publish', () => {
  it('is a sentence with counts, speed and offsets', () => {
    expect(summarySentence(SUMMARY)).toBe(
      'published 1,000 records (2 KiB) to "words" in 500ms: 2,000 records/s, 4 KiB/s, offsets 10 to 1,009',
    )
  })

  it('says what was skipped, and when nothing was left', () => {
    expect(summarySentence({ ...SUMMARY, skipped: 1 })).toMatch(
      /; 1 record of an earlier run skipped$/,
    )
    expect(summarySentence({ ...SUMMARY, records: 0, skipped: 5 })).toBe(
      'nothing to publish to "words"; 5 records of an earlier run skipped',
    )
  })

  it('has no offsets when they are not known', () => {
    const unknown = { ...SUMMARY, firstOffset: null, lastOffset: null }
    expect(summarySentence(unknown)).not.toContain('offsets')
  })
})

describe('the tally of a publish', () => {
  it('counts what is acknowledged from the start of the input', () => {
    const producer = { acknowledgedCount: 0, lastOffset: -1 }
    const tally = new Tally(producer, 100)
    tally.recordCount = 60
    expect(tally.acknowledgedThrough).toBe(60)
    expect(tally.pendingCount).toBe(0)
    tally.recordCount = 130
    producer.acknowledgedCount = 20
    producer.lastOffset = 119
    expect(tally.acknowledgedThrough).toBe(120)
    expect(tally.pendingCount).toBe(10)
    expect(summarize('words', tally, false)).toMatchObject({
      records: 20,
      skipped: 100,
      firstOffset: null,
      lastOffset: 119,
      complete: false,
    })
  })
})
