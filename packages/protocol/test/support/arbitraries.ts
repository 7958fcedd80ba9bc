/** Values for the fields of control messages. */

import fc from 'fast-check'
import type { ConnectionLimits, StreamConfigInfo, StreamInfo } from '../../src/index.js'

/** A string that a field without a narrower bound takes. */
export const text = fc.string({ unit: 'grapheme', maxLength: 40 })

/** An offset, a count or a time. */
export const safeInteger = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(),
  fc.constantFrom(0, 127, 128, 255, 256, 0xffff, 0xffff_ffff, 2 ** 32, Number.MAX_SAFE_INTEGER),
)

/** A u32, such as an epoch, an ordinal or a request id. */
export const u32 = fc.oneof(fc.nat(0xffff_ffff), fc.constantFrom(0, 0xffff_ffff))

/** The channel of a producer or a subscription. */
export const channel = fc.integer({ min: 1, max: 0xffff })

export const durability = fc.constantFrom('fsync' as const, 'relaxed' as const)

/** A plain object with all of these keys. */
export function record<T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return fc.record<T>(shape, { noNullPrototype: true })
}

/** A plain object of which each key may be absent. */
export function optional<T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return fc.record<T, never>(shape, { requiredKeys: [], noNullPrototype: true })
}

export const limits: fc.Arbitrary<ConnectionLimits> = record({
  frameBytesMax: fc.integer({ min: 1, max: 0xffff_ffff }),
  batchBytesMax: fc.integer({ min: 1, max: 0xffff_ffff }),
  windowBytesMax: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  inFlightBatchesMax: fc.integer({ min: 1, max: 0xffff_ffff }),
  heartbeatMs: fc.integer({ min: 1, max: 0xffff_ffff }),
  channelsMax: channel,
})

const streamConfig: fc.Arbitrary<StreamConfigInfo> = record({
  durability,
  flushIntervalMs: safeInteger,
  segmentBytesMax: safeInteger,
  retentionBytes: fc.option(safeInteger),
  retentionMs: fc.option(safeInteger),
  retentionRecords: fc.option(safeInteger),
})

export const streamInfo: fc.Arbitrary<StreamInfo> = record({
  stream: text,
  streamId: fc.stringMatching(/^[0-9a-f]{32}$/),
  epoch: u32,
  durability,
  startOffset: safeInteger,
  endOffset: safeInteger,
  durableOffset: safeInteger,
  visibleOffset: safeInteger,
  sizeBytes: safeInteger,
  segmentCount: safeInteger,
  createdUs: safeInteger,
  lastAppendUs: fc.option(safeInteger),
  config: streamConfig,
})

/** One stream, written down. */
export const ORDERS: StreamInfo = {
  stream: 'orders',
  streamId: '00112233445566778899aabbccddeeff',
  epoch: 3,
  durability: 'fsync',
  startOffset: 100,
  endOffset: 5_000_000_000,
  durableOffset: 4_999_999_999,
  visibleOffset: 4_999_999_999,
  sizeBytes: 67_108_864,
  segmentCount: 2,
  createdUs: 1_790_000_000_000_000,
  lastAppendUs: null,
  config: {
    durability: 'fsync',
    flushIntervalMs: 1000,
    segmentBytesMax: 67_108_864,
    retentionBytes: null,
    retentionMs: 604_800_000,
    retentionRecords: null,
  },
}

/** The same, as it was encoded before there was `retentionRecords`: what the frozen frames hold. */
export const ORDERS_BEFORE: StreamInfo = beforeRetentionRecords(ORDERS)

/** What decoding gives: a field that is missing in the configuration is null. */
export function decodedInfo(info: StreamInfo): StreamInfo {
  const { retentionRecords = null, ...config } = info.config as Partial<StreamConfigInfo>
  return { ...info, config: { ...config, retentionRecords } as StreamConfigInfo }
}

function beforeRetentionRecords({ config, ...info }: StreamInfo): StreamInfo {
  const { retentionRecords: _later, ...before } = config
  return { ...info, config: before as StreamConfigInfo }
}
