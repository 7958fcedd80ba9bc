import fc from 'fast-check'

import {
  decodeEnsureReply,
  decodeEnsureRequest,
  FrameType,
  type EnsureRequest,
  type StreamConfigRequest,
} from '../../../src/index.js'
import {
  durability,
  optional,
  ORDERS,
  record,
  safeInteger,
  streamInfo,
  text,
} from '../../support/arbitraries.js'
import { describeControlCommand } from '../../support/control-command.js'

const config = optional<StreamConfigRequest>({
  durability,
  flushIntervalMs: safeInteger,
  segmentBytesMax: safeInteger,
  retentionBytes: safeInteger,
  retentionMs: safeInteger,
})

describeControlCommand({
  type: FrameType.ENSURE,
  decode: decodeEnsureRequest,
  arbitrary: fc.oneof(
    record<EnsureRequest>({ stream: text }),
    record<EnsureRequest>({ stream: text, config }),
  ),
  golden: {
    fields: { argument: 2 },
    message: { stream: 'orders', config: { durability: 'relaxed', retentionMs: 604_800_000 } },
  },
  optional: ['config'],
  refused: [
    [{}, 'field "stream" is missing, must be a string of 0 to 1024 characters (ENSURE)'],
    [{ stream: 'a', config: [] }, 'field "config" is an array of 0, must be a map (ENSURE)'],
    [
      { stream: 'a', config: { durability: 'maybe' } },
      'field "config.durability" is "maybe", must be one of "fsync", "relaxed" (ENSURE)',
    ],
    [
      { stream: 'a', config: { retentionBytes: -1 } },
      'field "config.retentionBytes" is -1, must be an integer from 0 to 9007199254740991 (ENSURE)',
    ],
  ],
})

describeControlCommand({
  type: FrameType.ENSURED,
  decode: decodeEnsureReply,
  arbitrary: record({ created: fc.boolean(), info: streamInfo }),
  golden: { fields: { argument: 2 }, message: { created: true, info: ORDERS } },
  refused: [
    [{ created: 1, info: ORDERS }, 'field "created" is 1, must be true or false (ENSURED)'],
    [
      { created: true, info: { ...ORDERS, streamId: 'ABC' } },
      'field "info.streamId" is "ABC", must be 32 lowercase hexadecimal digits (ENSURED)',
    ],
    [
      { created: true, info: { ...ORDERS, config: { ...ORDERS.config, retentionMs: 0.5 } } },
      'field "info.config.retentionMs" is 0.5, must be an integer from 0 to 9007199254740991 (ENSURED)',
    ],
  ],
})
