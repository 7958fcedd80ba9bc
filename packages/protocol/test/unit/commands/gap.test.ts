import fc from 'fast-check'

import { decodeGapNotice, FrameType, type GapNotice } from '../../../src/index.js'
import { describeControlCommand } from '../../support/control-command.js'

const arbitrary: fc.Arbitrary<GapNotice> = fc
  .tuple(fc.maxSafeNat(), fc.maxSafeNat(), fc.constantFrom('retention' as const, 'damage' as const))
  .filter(([a, b]) => a !== b)
  .map(([a, b, reason]) => ({ from: Math.min(a, b), to: Math.max(a, b), reason }))

describeControlCommand({
  type: FrameType.GAP,
  decode: decodeGapNotice,
  arbitrary,
  golden: { fields: { channel: 2 }, message: { from: 100, to: 250, reason: 'retention' } },
  refused: [
    [
      { from: 5, to: 5, reason: 'damage' },
      'field "to" is 5, must be an integer from 6 to 9007199254740991 (GAP)',
    ],
    [
      { from: 1, to: 2, reason: 'lost' },
      'field "reason" is "lost", must be one of "retention", "damage" (GAP)',
    ],
  ],
})
