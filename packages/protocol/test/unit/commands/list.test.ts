import fc from 'fast-check'

import {
  decodeListReply,
  decodeListRequest,
  FrameType,
  type ListRequest,
} from '../../../src/index.js'
import {
  decodedInfo,
  optional,
  ORDERS,
  ORDERS_BEFORE,
  record,
  streamInfo,
  text,
} from '../../support/arbitraries.js'
import { describeControlCommand } from '../../support/control-command.js'

describeControlCommand({
  type: FrameType.LIST,
  decode: decodeListRequest,
  arbitrary: optional<ListRequest>({ after: text, limit: fc.integer({ min: 1, max: 1000 }) }),
  golden: { fields: { argument: 4 }, message: { after: 'orders', limit: 100 } },
  optional: ['after', 'limit'],
  refused: [
    [{ limit: 0 }, 'field "limit" is 0, must be an integer from 1 to 1000 (LIST)'],
    [{ limit: 1001 }, 'field "limit" is 1001, must be an integer from 1 to 1000 (LIST)'],
    [{ after: 5 }, 'field "after" is 5, must be a string of 0 to 1024 characters (LIST)'],
  ],
})

describeControlCommand({
  type: FrameType.LISTED,
  decode: decodeListReply,
  arbitrary: record({ streams: fc.array(streamInfo, { maxLength: 4 }), more: fc.boolean() }),
  golden: { fields: { argument: 4 }, message: { streams: [ORDERS_BEFORE], more: false } },
  decoded: ({ streams, more }) => ({ streams: streams.map(decodedInfo), more }),
  refused: [
    [{ streams: {}, more: false }, 'field "streams" is a map, must be an array (LISTED)'],
    [
      { streams: [ORDERS, 'orders'], more: false },
      'field "streams[1]" is "orders", must be a map (LISTED)',
    ],
    [
      { streams: [ORDERS, { ...ORDERS, startOffset: -5 }], more: false },
      'field "streams[1].startOffset" is -5, must be an integer from 0 to 9007199254740991 (LISTED)',
    ],
    [{ streams: [] }, 'field "more" is missing, must be true or false (LISTED)'],
  ],
})
