import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  decodeEnsureReply,
  decodeEnsureRequest,
  decodeFrame,
  encodeControlFrame,
  FrameType,
  type EnsureRequest,
  type StreamConfigRequest,
} from '../../../src/index.js'
import {
  decodedInfo,
  durability,
  optional,
  ORDERS,
  ORDERS_BEFORE,
  record,
  safeInteger,
  streamInfo,
  text,
} from '../../support/arbitraries.js'
import { describeControlCommand } from '../../support/control-command.js'
import { readGolden } from '../../support/hex.js'

const config = optional<StreamConfigRequest>({
  durability,
  flushIntervalMs: safeInteger,
  segmentBytesMax: safeInteger,
  retentionBytes: safeInteger,
  retentionMs: safeInteger,
  retentionRecords: safeInteger,
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
  golden: { fields: { argument: 2 }, message: { created: true, info: ORDERS_BEFORE } },
  decoded: ({ created, info }) => ({ created, info: decodedInfo(info) }),
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

describe('a bound on the number of records', () => {
  const frame = { argument: 2 }

  it('in ENSURE matches its frozen frame', () => {
    const message = { stream: 'orders', config: { retentionRecords: 5_000_000_000 } }
    const frozen = readGolden('ensure@retention-records')
    expect(encodeControlFrame(FrameType.ENSURE, frame, message)).toEqual(frozen)
    expect(decodeEnsureRequest(decodeFrame(frozen).body)).toStrictEqual(message)
  })

  it('in ENSURED matches its frozen frame', () => {
    const config = { ...ORDERS.config, retentionRecords: 1000 }
    const message = { created: false, info: { ...ORDERS, config } }
    const frozen = readGolden('ensured@retention-records')
    expect(encodeControlFrame(FrameType.ENSURED, frame, message)).toEqual(frozen)
    expect(decodeEnsureReply(decodeFrame(frozen).body)).toStrictEqual(message)
  })

  it('is none where a server does not say', () => {
    const { info } = decodeEnsureReply(decodeFrame(readGolden('ensured')).body)
    expect(info.config.retentionRecords).toBeNull()
  })
})
