import { type Defect, type StoreVerification, type StreamVerification } from '@tailrace/core'
import { describe, expect, it } from 'vitest'

import { verificationText } from '../../../src/verify/text-verification.js'

const DEFECT: Defect = {
  segment: '00000000000000000000.log',
  positionBytes: 4096,
  endPositionBytes: 5120,
  fromOffset: 10,
  toOffset: 13,
  code: 'CHECKSUM_MISMATCH',
  message: 'the check is wrong',
}

function streamWith(found: Partial<StreamVerification>): StreamVerification {
  return {
    name: 'orders',
    segments: 1,
    batches: 10,
    records: 1000,
    bytes: 65_536,
    startOffset: 0,
    endOffset: 1000,
    defects: [],
    warnings: [],
    gaps: [],
    evidence: [],
    ...found,
  }
}

function linesOf(
  streams: readonly StreamVerification[],
  ofStore: Partial<StoreVerification> = {},
): readonly string[] {
  const isSound = streams.every(({ defects }) => defects.length === 0)
  const found = { directory: '/data', isSound, streams, defects: [], warnings: [], ...ofStore }
  return verificationText(found, { data: './data', seconds: 1.25, isColored: false }).split('\n')
}

describe('the text of a verification', () => {
  it('says where a defect is, what it is and what it costs', () => {
    const lines = linesOf([streamWith({ defects: [DEFECT] })])
    expect(lines[1]).toMatch(/ damaged: 1 defect, 3 records unreadable$/)
    expect(lines.slice(3)).toEqual([
      'stream "orders"',
      '  damage     00000000000000000000.log, positions 4096 to 5119 (1 KiB)',
      '             CHECKSUM_MISMATCH: the check is wrong',
      '             3 records (offsets 10 to 12) cannot be read',
      '',
      'verified 1 stream, 1,000 records, 64 KiB in 1.3 s: damage in 1 of 1 stream',
    ])
  })

  it.each([
    [{ toOffset: 11 }, ', 1 record unreadable', '1 record (offset 10) cannot be read'],
    [{ toOffset: 10 }, '', 'no record is lost'],
    [{ toOffset: null }, ', records unreadable', 'records from offset 10 on cannot be read'],
  ])('knows what %j means', (offsets, state, effect) => {
    const lines = linesOf([streamWith({ defects: [{ ...DEFECT, ...offsets }] })])
    expect(lines[1]).toMatch(new RegExp(` damaged: 1 defect${state}$`))
    expect(lines).toContain(`             ${effect}`)
  })

  it('says that there may be more where the end of one defect is not known', () => {
    const defects = [DEFECT, { ...DEFECT, fromOffset: 20, toOffset: null }]
    expect(linesOf([streamWith({ defects })])[1]).toMatch(
      /2 defects, 3 records or more unreadable$/,
    )
  })

  it('says nothing of records where it is a file of metadata that is damaged', () => {
    const ofFile = { positionBytes: 0, endPositionBytes: 0, fromOffset: null, toOffset: null }
    const lines = linesOf([streamWith({ defects: [{ ...DEFECT, ...ofFile, segment: 'cursors' }] })])
    expect(lines[1]).toMatch(/ damaged: 1 defect$/)
    expect(lines.slice(4, 7)).toEqual([
      '  damage     cursors',
      '             CHECKSUM_MISMATCH: the check is wrong',
      '',
    ])
  })

  it('shows twenty findings of a kind and counts the others', () => {
    const shownOf = (count: number) => {
      const lines = linesOf([streamWith({ defects: Array<Defect>(count).fill(DEFECT) })])
      const more = lines.find((line) => line.includes('more, see --json'))
      return { shown: lines.filter((line) => line.startsWith('  damage')).length, more }
    }
    expect(shownOf(20)).toEqual({ shown: 20, more: undefined })
    expect(shownOf(21)).toEqual({ shown: 20, more: '             … and 1 more, see --json' })
  })

  it('tells damage of the directory itself from that of streams', () => {
    const store = { ...DEFECT, segment: 'store.meta', fromOffset: null, toOffset: null }
    const lines = linesOf([streamWith({})], { isSound: false, defects: [store] })
    expect(lines[1]).toMatch(/ ok$/)
    expect(lines[3]).toBe('./data')
    expect(lines.at(-1)).toMatch(/: damage in the data directory itself$/)
  })

  it('has no table for a directory without streams', () => {
    expect(linesOf([])).toEqual(['verified 0 streams, 0 records, 0 B in 1.3 s: no damage'])
  })
})
