import { decodeGoAwayNotice, FrameType } from '../../../src/index.js'
import { record, text, u32 } from '../../support/arbitraries.js'
import { describeControlCommand } from '../../support/control-command.js'

const message = { afterMs: 5000, jitterMs: 10_000, reason: 'planned restart' }

describeControlCommand({
  type: FrameType.GOAWAY,
  decode: decodeGoAwayNotice,
  arbitrary: record({ afterMs: u32, jitterMs: u32, reason: text }),
  golden: { fields: {}, message },
  refused: [
    [
      { ...message, afterMs: -1 },
      'field "afterMs" is -1, must be an integer from 0 to 4294967295 (GOAWAY)',
    ],
    [
      { ...message, jitterMs: true },
      'field "jitterMs" is true, must be an integer from 0 to 4294967295 (GOAWAY)',
    ],
    [
      { ...message, reason: undefined },
      'field "reason" is missing, must be a string of 0 to 1024 characters (GOAWAY)',
    ],
  ],
})
