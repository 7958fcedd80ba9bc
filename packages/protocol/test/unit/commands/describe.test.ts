import { decodeDescribeReply, decodeDescribeRequest, FrameType } from '../../../src/index.js'
import {
  decodedInfo,
  ORDERS,
  ORDERS_BEFORE,
  record,
  streamInfo,
  text,
} from '../../support/arbitraries.js'
import { describeControlCommand } from '../../support/control-command.js'

describeControlCommand({
  type: FrameType.DESCRIBE,
  decode: decodeDescribeRequest,
  arbitrary: record({ stream: text }),
  golden: { fields: { argument: 3 }, message: { stream: 'orders' } },
  refused: [
    [
      { stream: new Uint8Array(3) },
      'field "stream" is binary of 3 bytes, must be a string of 0 to 1024 characters (DESCRIBE)',
    ],
  ],
})

describeControlCommand({
  type: FrameType.DESCRIBED,
  decode: decodeDescribeReply,
  arbitrary: streamInfo,
  golden: { fields: { argument: 3 }, message: ORDERS_BEFORE },
  decoded: decodedInfo,
  optional: ['lastAppendUs'],
  refused: [
    [
      { ...ORDERS, endOffset: 2 ** 53 },
      'field "endOffset" is 9007199254740992, must be an integer from 0 to 9007199254740991 (DESCRIBED)',
    ],
    [
      { ...ORDERS, epoch: 2 ** 32 },
      'field "epoch" is 4294967296, must be an integer from 0 to 4294967295 (DESCRIBED)',
    ],
    [
      { ...ORDERS, lastAppendUs: 'now' },
      'field "lastAppendUs" is "now", must be an integer from 0 to 9007199254740991 (DESCRIBED)',
    ],
    [{ ...ORDERS, config: null }, 'field "config" is missing, must be a map (DESCRIBED)'],
  ],
})
