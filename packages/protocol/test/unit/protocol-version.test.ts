import { describe, expect, it } from 'vitest'

import {
  chooseProtocolVersion,
  PROTOCOL_VERSION,
  PROTOCOL_VERSIONS,
  SUBPROTOCOL,
} from '../../src/index.js'

describe('protocol version', () => {
  it('is the highest that both sides speak', () => {
    expect(chooseProtocolVersion([1])).toBe(1)
    expect(chooseProtocolVersion([7, 1, 3])).toBe(1)
    expect(chooseProtocolVersion([1, 2, 3, 9], [3, 1, 2])).toBe(3)
  })

  it('is none when they have none in common', () => {
    expect(chooseProtocolVersion([2, 3])).toBeUndefined()
    expect(chooseProtocolVersion([])).toBeUndefined()
  })

  it('is 1 under the subprotocol tailrace.v1', () => {
    expect(SUBPROTOCOL).toBe('tailrace.v1')
    expect(PROTOCOL_VERSIONS).toEqual([PROTOCOL_VERSION])
    expect(PROTOCOL_VERSION).toBe(1)
  })
})
