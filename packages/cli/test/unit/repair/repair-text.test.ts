import { type RepairAction, type RepairReport } from '@tailrace/core'
import { describe, expect, it } from 'vitest'

import { repairText } from '../../../src/repair/repair-text.js'

const SEGMENT = '00000000000000000000.log'

const ACTIONS: readonly RepairAction[] = [
  { kind: 'complete-repair' },
  {
    kind: 'keep-evidence',
    segment: SEGMENT,
    positionBytes: 4096,
    endPositionBytes: 5120,
    file: `${SEGMENT}-4096.damaged`,
  },
  { kind: 'write-segment', segment: SEGMENT, fromOffset: 0, toOffset: 10, lengthBytes: 3072 },
  { kind: 'set-aside', segment: SEGMENT, file: `${SEGMENT}.damaged` },
  { kind: 'write-segment', segment: 'next.log', fromOffset: 13, toOffset: 13, lengthBytes: 0 },
  { kind: 'write-producers', segment: 'producers.snapshot' },
  { kind: 'list-gap', fromOffset: 10, toOffset: 13 },
  { kind: 'change-epoch', reason: 'the last segment is missing' },
]

function linesOf(report: Partial<RepairReport>): readonly string[] {
  const complete: RepairReport = {
    stream: 'orders',
    isNeeded: true,
    isApplied: false,
    actions: ACTIONS,
    lostRecords: 3,
    gaps: [],
    unrepairable: [],
    ...report,
  }
  return repairText(complete, { data: './data', isColored: false }).split('\n')
}

describe('the text of a repair', () => {
  it('has every step, what is lost, what it needs and where the evidence will be', () => {
    expect(linesOf({})).toEqual([
      'stream "orders" in data/streams/orders',
      'a repair is needed; it would do the following, and nothing is done yet:',
      '',
      '   1. complete  the repair that was interrupted',
      `   2. keep      ${SEGMENT}, positions 4096 to 5119 (1 KiB)`,
      `                as ${SEGMENT}-4096.damaged`,
      `   3. write     ${SEGMENT} with 10 records (offsets 0 to 9), 3 KiB`,
      `   4. move      ${SEGMENT}`,
      `                to ${SEGMENT}.damaged, unchanged`,
      '   5. write     next.log, empty: the log goes on at offset 13',
      '   6. write     producers.snapshot with what is still known of producers',
      '   7. give up   3 records (offsets 10 to 12); readers are told of the gap',
      '   8. change    the epoch: the last segment is missing',
      '',
      'lost for good   3 records',
      'kept            every other record, at its offset',
      'disk space      4 KiB for the copies',
      'evidence        2 files in data/streams/orders:',
      `                ${SEGMENT}-4096.damaged`,
      `                ${SEGMENT}.damaged`,
    ])
  })

  it('says that it is done when it is, and asks for no room any more', () => {
    const lines = linesOf({ isApplied: true })
    expect(lines[1]).toBe('repaired; what was done:')
    expect(lines.filter((line) => line.startsWith('disk space'))).toEqual([])
  })

  it('shows fifty steps and counts the others', () => {
    const gap: RepairAction = { kind: 'list-gap', fromOffset: 1, toOffset: 2 }
    const lines = linesOf({ actions: Array<RepairAction>(51).fill(gap) })
    expect(lines).toContain('  50. give up   1 record (offset 1); readers are told of the gap')
    expect(lines).toContain('      … and 1 more step; --json has them all')
  })

  it('names what stays damaged', () => {
    const defect = {
      segment: SEGMENT,
      positionBytes: 0,
      endPositionBytes: 0,
      fromOffset: 3,
      toOffset: 3,
      code: 'TIME_DECREASES',
      message: 'older than the batch before',
    } as const
    expect(linesOf({ isNeeded: false, actions: [], unrepairable: [defect] })).toEqual([
      'stream "orders" in data/streams/orders',
      'a repair would change nothing',
      '',
      'a repair leaves as it is:',
      `  ${SEGMENT}: older than the batch before (TIME_DECREASES)`,
    ])
  })
})
