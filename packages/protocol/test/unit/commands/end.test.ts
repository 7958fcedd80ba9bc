import fc from 'fast-check'

import { decodeEndNotice, FrameType } from '../../../src/index.js'
import { record, safeInteger } from '../../support/arbitraries.js'
import { describeControlCommand } from '../../support/control-command.js'

describeControlCommand({
  type: FrameType.END,
  decode: decodeEndNotice,
  arbitrary: record({
    reason: fc.constantFrom('stop', 'deleted', 'closing'),
    offset: safeInteger,
  }),
  golden: { fields: { channel: 2 }, message: { reason: 'stop', offset: 5_000_000_000 } },
  refused: [
    [
      { reason: 'over', offset: 1 },
      'field "reason" is "over", must be one of "stop", "deleted", "closing" (END)',
    ],
    [
      { reason: 'stop' },
      'field "offset" is missing, must be an integer from 0 to 9007199254740991 (END)',
    ],
  ],
})
