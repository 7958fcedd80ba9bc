import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  decodeSubscribeReply,
  decodeSubscribeRequest,
  FrameType,
  type SubscribeFrom,
  type SubscribeRequest,
  type SubscribeStop,
} from '../../../src/index.js'
import { encodeControl } from '../../../src/messagepack/control-codec.js'
import { channel, optional, record, safeInteger, text, u32 } from '../../support/arbitraries.js'
import { describeControlCommand } from '../../support/control-command.js'

const from: fc.Arbitrary<SubscribeFrom> = fc.oneof(
  fc.constant({ first: true } as const),
  fc.constant({ next: true } as const),
  record({ last: safeInteger }),
  record({ offset: safeInteger }),
  record({ timestampUs: safeInteger }),
)

const stop: fc.Arbitrary<SubscribeStop> = fc.oneof(
  fc.constant({ atEnd: true } as const),
  record({ offset: safeInteger }),
  record({ timestampUs: safeInteger }),
  record({ count: safeInteger }),
)

const arbitrary: fc.Arbitrary<SubscribeRequest> = fc
  .tuple(
    record({ stream: text, from, creditBytes: safeInteger }),
    optional<Pick<SubscribeRequest, 'onOutOfRange' | 'epoch' | 'stop'>>({
      onOutOfRange: fc.constantFrom('strict', 'clamp'),
      epoch: u32,
      stop,
    }),
  )
  .map(([required, rest]) => ({ ...required, ...rest }))

const request: SubscribeRequest = {
  stream: 'orders',
  from: { offset: 4_999_999_000 },
  onOutOfRange: 'clamp',
  epoch: 3,
  stop: { count: 1000 },
  creditBytes: 4_194_304,
}

describeControlCommand({
  type: FrameType.SUBSCRIBE,
  decode: decodeSubscribeRequest,
  arbitrary,
  decoded: (message) => ({ ...message, onOutOfRange: message.onOutOfRange ?? 'strict' }),
  golden: { fields: { argument: 7 }, message: request },
  optional: ['onOutOfRange', 'epoch', 'stop'],
  refused: [
    [
      { ...request, from: { last: -1 } },
      'field "from.last" is -1, must be an integer from 0 to 9007199254740991 (SUBSCRIBE)',
    ],
    [{ ...request, from: 'first' }, 'field "from" is "first", must be a map (SUBSCRIBE)'],
    [
      { ...request, from: {} },
      'field "from" has none of its choices, must have one of "first", "last", "next", "offset", "timestampUs" (SUBSCRIBE)',
    ],
    [
      { ...request, from: { first: true, offset: 1 } },
      'field "from" has "first" and "offset" of its choices, must have one of "first", "last", "next", "offset", "timestampUs" (SUBSCRIBE)',
    ],
    [
      { ...request, from: { first: false } },
      'field "from.first" is false, must be true (SUBSCRIBE)',
    ],
    [{ ...request, stop: { atEnd: 1 } }, 'field "stop.atEnd" is 1, must be true (SUBSCRIBE)'],
    [
      { ...request, stop: { until: 1 } },
      'field "stop" has none of its choices, must have one of "offset", "atEnd", "timestampUs", "count" (SUBSCRIBE)',
    ],
    [
      { ...request, onOutOfRange: 'reset' },
      'field "onOutOfRange" is "reset", must be one of "strict", "clamp" (SUBSCRIBE)',
    ],
    [
      { ...request, creditBytes: undefined },
      'field "creditBytes" is missing, must be an integer from 0 to 9007199254740991 (SUBSCRIBE)',
    ],
  ],
})

const reply = {
  channel: 2,
  startOffset: 4_999_999_000,
  stopOffset: 5_000_000_000,
  epoch: 3,
  firstOffset: 100,
  visibleOffset: 4_999_999_999,
}

describeControlCommand({
  type: FrameType.SUBSCRIBED,
  decode: decodeSubscribeReply,
  arbitrary: record({
    channel,
    startOffset: safeInteger,
    stopOffset: fc.option(safeInteger),
    epoch: u32,
    firstOffset: safeInteger,
    visibleOffset: safeInteger,
  }),
  golden: { fields: { argument: 7 }, message: reply },
  optional: ['stopOffset'],
  refused: [
    [
      { ...reply, channel: 65_536 },
      'field "channel" is 65536, must be an integer from 1 to 65535 (SUBSCRIBED)',
    ],
    [
      { ...reply, stopOffset: -1 },
      'field "stopOffset" is -1, must be an integer from 0 to 9007199254740991 (SUBSCRIBED)',
    ],
  ],
})

describe('SUBSCRIBE from', () => {
  it('ignores keys it does not know beside the one it needs', () => {
    const body = encodeControl({ ...request, from: { offset: 5, later: 1 } }, 0)
    expect(decodeSubscribeRequest(body).from).toStrictEqual({ offset: 5 })
  })
})
