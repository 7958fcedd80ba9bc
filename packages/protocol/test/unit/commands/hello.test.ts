import fc from 'fast-check'

import { decodeHelloRequest, decodeWelcomeReply, FrameType, LIMITS } from '../../../src/index.js'
import { limits, record, text } from '../../support/arbitraries.js'
import { describeControlCommand } from '../../support/control-command.js'

const version = fc.integer({ min: 1, max: 0xffff })

describeControlCommand({
  type: FrameType.HELLO,
  decode: decodeHelloRequest,
  arbitrary: record({
    protocols: fc.array(version, { minLength: 1, maxLength: 8 }),
    client: text,
  }),
  golden: {
    fields: { argument: 1 },
    message: { protocols: [1], client: 'tailrace-client/0.1.0' },
  },
  refused: [
    [{ client: 'x' }, 'field "protocols" is missing, must be an array (HELLO)'],
    [
      { protocols: [], client: 'x' },
      'field "protocols" is an array of 0, must be an array of at least 1 (HELLO)',
    ],
    [
      { protocols: [1, 0], client: 'x' },
      'field "protocols[1]" is 0, must be an integer from 1 to 65535 (HELLO)',
    ],
    [
      { protocols: ['1'], client: 'x' },
      'field "protocols[0]" is "1", must be an integer from 1 to 65535 (HELLO)',
    ],
    [
      { protocols: [1], client: 7 },
      'field "client" is 7, must be a string of 0 to 1024 characters (HELLO)',
    ],
    [
      { protocols: [1], client: 'x'.repeat(1025) },
      `field "client" is "${'x'.repeat(60)}"… (1025 characters), must be a string of 0 to 1024 characters (HELLO)`,
    ],
  ],
})

const welcome = {
  protocol: 1,
  server: 'tailrace/0.1.0',
  serverId: 'b1946ac92492d234',
  limits: LIMITS,
  features: [],
}

describeControlCommand({
  type: FrameType.WELCOME,
  decode: decodeWelcomeReply,
  arbitrary: record({
    protocol: version,
    server: text,
    serverId: text,
    limits,
    features: fc.array(text, { maxLength: 8 }),
  }),
  golden: { fields: { argument: 1 }, message: welcome },
  refused: [
    [{ ...welcome, limits: undefined }, 'field "limits" is missing, must be a map (WELCOME)'],
    [
      { ...welcome, limits: { ...LIMITS, heartbeatMs: 0 } },
      'field "limits.heartbeatMs" is 0, must be an integer from 1 to 4294967295 (WELCOME)',
    ],
    [
      { ...welcome, limits: { ...LIMITS, channelsMax: 65_536 } },
      'field "limits.channelsMax" is 65536, must be an integer from 1 to 65535 (WELCOME)',
    ],
    [
      { ...welcome, features: ['a', {}] },
      'field "features[1]" is a map, must be a string of 0 to 1024 characters (WELCOME)',
    ],
    [
      { ...welcome, protocol: 1.5 },
      'field "protocol" is 1.5, must be an integer from 1 to 65535 (WELCOME)',
    ],
  ],
})
