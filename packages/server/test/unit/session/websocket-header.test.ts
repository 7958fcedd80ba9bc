/** The header that goes in front of a message, against the layout of RFC 6455 §5.2. */

import { expect, test } from 'vitest'

import {
  webSocketHeaderBytes,
  writeWebSocketHeader,
} from '../../../src/session/websocket-header.js'

const CASES: readonly [number, string][] = [
  [0, '8200'],
  [1, '8201'],
  [125, '827d'],
  [126, '827e007e'],
  [127, '827e007f'],
  [0xffff, '827effff'],
  [0x1_0000, '827f0000000000010000'],
  [0x1234_5678, '827f0000000012345678'],
  [0xfedc_ba98, '827f00000000fedcba98'],
  [0x1f_ffff_ffff_ffff, '827f001fffffffffffff'],
]

test.each(CASES)('a message of %i bytes begins with %s', (payloadBytes, expected) => {
  const header = Buffer.alloc(webSocketHeaderBytes(payloadBytes))
  writeWebSocketHeader(header, payloadBytes)
  expect(header.toString('hex')).toBe(expected)
})
