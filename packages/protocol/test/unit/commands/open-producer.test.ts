import fc from 'fast-check'

import {
  decodeOpenProducerReply,
  decodeOpenProducerRequest,
  FrameType,
  NO_SEQUENCE,
  type OpenProducerRequest,
} from '../../../src/index.js'
import {
  channel,
  durability,
  optional,
  record,
  safeInteger,
  text,
  u32,
} from '../../support/arbitraries.js'
import { describeControlCommand } from '../../support/control-command.js'

const name = fc.string({ minLength: 1, maxLength: 255 })
const producerId = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const create = fc.boolean()

const arbitrary: fc.Arbitrary<OpenProducerRequest> = fc
  .tuple(
    text,
    fc.oneof(
      optional<OpenProducerRequest>({ stream: text, name, create }),
      optional<OpenProducerRequest>({ stream: text, producerId, create }),
    ),
  )
  .map(([stream, rest]) => ({ ...rest, stream }))

describeControlCommand({
  type: FrameType.OPEN_PRODUCER,
  decode: decodeOpenProducerRequest,
  arbitrary,
  golden: {
    fields: { argument: 6 },
    message: { stream: 'orders', name: 'billing', create: true },
  },
  optional: ['name', 'producerId', 'create'],
  refused: [
    [
      { stream: 'a', name: '' },
      'field "name" is "", must be a string of 1 to 255 characters (OPEN_PRODUCER)',
    ],
    [
      { stream: 'a', producerId: 0 },
      'field "producerId" is 0, must be an integer from 1 to 9007199254740991 (OPEN_PRODUCER)',
    ],
    [
      { stream: 'a', name: 'b', producerId: 7 },
      'field "producerId" is 7, must be absent when there is a "name" (OPEN_PRODUCER)',
    ],
    [
      { stream: 'a', create: 'yes' },
      'field "create" is "yes", must be true or false (OPEN_PRODUCER)',
    ],
  ],
})

const opened = {
  channel: 1,
  producerId: 8_000_000_000_000_001,
  producerEpoch: 4,
  lastSequence: NO_SEQUENCE,
  endOffset: 42,
  durability: 'fsync' as const,
  epoch: 3,
}

describeControlCommand({
  type: FrameType.PRODUCER_OPENED,
  decode: decodeOpenProducerReply,
  arbitrary: record({
    channel,
    producerId,
    producerEpoch: fc.integer({ min: 0, max: 0xffff }),
    lastSequence: fc.integer({ min: -1, max: 0xffff_ffff }),
    endOffset: safeInteger,
    durability,
    epoch: u32,
  }),
  golden: { fields: { argument: 6 }, message: opened },
  refused: [
    [
      { ...opened, channel: 0 },
      'field "channel" is 0, must be an integer from 1 to 65535 (PRODUCER_OPENED)',
    ],
    [
      { ...opened, lastSequence: -2 },
      'field "lastSequence" is -2, must be an integer from -1 to 4294967295 (PRODUCER_OPENED)',
    ],
    [
      { ...opened, producerEpoch: 65_536 },
      'field "producerEpoch" is 65536, must be an integer from 0 to 65535 (PRODUCER_OPENED)',
    ],
    [
      { ...opened, durability: null },
      'field "durability" is missing, must be one of "fsync", "relaxed" (PRODUCER_OPENED)',
    ],
  ],
})
