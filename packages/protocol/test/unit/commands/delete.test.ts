import fc from 'fast-check'

import { decodeDeleteReply, decodeDeleteRequest, FrameType } from '../../../src/index.js'
import { record, text } from '../../support/arbitraries.js'
import { describeControlCommand } from '../../support/control-command.js'

describeControlCommand({
  type: FrameType.DELETE,
  decode: decodeDeleteRequest,
  arbitrary: record({ stream: text }),
  golden: { fields: { argument: 5 }, message: { stream: 'orders' } },
  refused: [
    [
      { stream: false },
      'field "stream" is false, must be a string of 0 to 1024 characters (DELETE)',
    ],
  ],
})

describeControlCommand({
  type: FrameType.DELETED,
  decode: decodeDeleteReply,
  arbitrary: fc.constant({}),
  golden: { fields: { argument: 5 }, message: {} },
  refused: [],
})
