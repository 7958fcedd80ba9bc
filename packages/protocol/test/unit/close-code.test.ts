import { ERROR_REGISTRY, type ErrorCode } from '@tailrace/format'
import { describe, expect, it } from 'vitest'

import { CloseCode, closeCodeOf } from '../../src/index.js'

describe('closeCodeOf', () => {
  it.each([
    ['MALFORMED_FRAME', 1002],
    ['UNKNOWN_COMMAND', 1002],
    ['UNSUPPORTED_PROTOCOL_VERSION', 1002],
    ['UNSUPPORTED_SUBPROTOCOL', 1002],
    ['HANDSHAKE_REQUIRED', 1002],
    ['FRAME_TOO_LARGE', 1009],
    ['PEER_SILENT', 1001],
    ['SHUTTING_DOWN', 1001],
    ['TOO_MANY_CONNECTIONS', 1013],
    ['THROTTLED', 1013],
    ['IO_ERROR', 1011],
  ] as const)('closes after %s with %i', (code, closeCode) => {
    expect(closeCodeOf(code)).toBe(closeCode)
  })

  it('has a code for every error', () => {
    const known = new Set<number>(Object.values(CloseCode))
    for (const code of Object.keys(ERROR_REGISTRY)) {
      expect(known.has(closeCodeOf(code as ErrorCode))).toBe(true)
    }
  })
})
