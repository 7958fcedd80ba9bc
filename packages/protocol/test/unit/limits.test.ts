import { BATCH_LENGTH_MAX } from '@tailrace/format'
import { describe, expect, it } from 'vitest'

import {
  CHANNEL_MAX,
  CONTROL_BODY_BYTES_MAX,
  CONTROL_VALUES_MAX,
  decodeFrame,
  decodeListReply,
  encodeControlFrame,
  FRAME_PREFIX_BYTES,
  FrameType,
  HANDSHAKE_FRAME_BYTES_MAX,
  LIMITS,
  LIST_LIMIT_DEFAULT,
  LIST_LIMIT_MAX,
} from '../../src/index.js'
import { ORDERS } from '../support/arbitraries.js'

describe('limits', () => {
  it('fit into one another', () => {
    // A stored batch is never split, so the largest that a log may hold must fit a frame.
    expect(LIMITS.frameBytesMax).toBe(BATCH_LENGTH_MAX + FRAME_PREFIX_BYTES)
    expect(LIMITS.batchBytesMax).toBeLessThanOrEqual(BATCH_LENGTH_MAX)
    expect(LIMITS.windowBytesMax).toBeGreaterThanOrEqual(LIMITS.frameBytesMax)
    expect(LIMITS.channelsMax).toBeLessThanOrEqual(CHANNEL_MAX)
    expect(CONTROL_BODY_BYTES_MAX + FRAME_PREFIX_BYTES).toBeLessThanOrEqual(LIMITS.frameBytesMax)
    expect(HANDSHAKE_FRAME_BYTES_MAX).toBeLessThanOrEqual(CONTROL_BODY_BYTES_MAX)
    expect(LIST_LIMIT_DEFAULT).toBeLessThanOrEqual(LIST_LIMIT_MAX)
  })

  it('let the longest list of streams through', () => {
    const config = { ...ORDERS.config, retentionBytes: Number.MAX_SAFE_INTEGER }
    const info = { ...ORDERS, stream: 'n'.repeat(255), lastAppendUs: ORDERS.createdUs, config }
    const streams = Array(LIST_LIMIT_MAX).fill(info) as (typeof info)[]
    const frame = encodeControlFrame(FrameType.LISTED, {}, { streams, more: true })
    expect(frame.byteLength).toBeLessThan(CONTROL_BODY_BYTES_MAX)
    expect(decodeListReply(decodeFrame(frame).body).streams).toHaveLength(LIST_LIMIT_MAX)
    const valuesPerStream = 1 + 2 * (Object.keys(info).length + Object.keys(config).length)
    expect(valuesPerStream * LIST_LIMIT_MAX).toBeLessThan(CONTROL_VALUES_MAX)
  })
})
