import fc from 'fast-check'

import {
  decodeCloseChannelReply,
  decodeCloseChannelRequest,
  FrameType,
} from '../../../src/index.js'
import { describeControlCommand } from '../../support/control-command.js'

describeControlCommand({
  type: FrameType.CLOSE_CHANNEL,
  decode: decodeCloseChannelRequest,
  arbitrary: fc.constant({}),
  golden: { fields: { argument: 9, channel: 2 }, message: {} },
  refused: [],
})

describeControlCommand({
  type: FrameType.CHANNEL_CLOSED,
  decode: decodeCloseChannelReply,
  arbitrary: fc.constant({}),
  golden: { fields: { argument: 9, channel: 2 }, message: {} },
  refused: [],
})
