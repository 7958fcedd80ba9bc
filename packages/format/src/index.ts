/**
 * @tailrace/format: bytes at rest.
 *
 * The record batch (what is on disk is what is on the wire), the segment header with its recovery
 * points, the index file, CRC-32, names and units, and the registry of errors. No I/O, no clock, no
 * dependency; runs in Node and in browsers alike. Specification: docs/format.md.
 */

export {
  ERROR_REGISTRY,
  type ConnectionErrorCode,
  type ErrorAction,
  type ErrorClassName,
  type ErrorCode,
  type ErrorCodeOf,
  type ErrorRegistration,
  type FormatErrorCode,
  type LimitErrorCode,
  type ProtocolErrorCode,
  type RequestErrorCode,
  type StorageErrorCode,
} from './errors/error-registry.js'
export {
  TailraceError,
  type ErrorDetails,
  type TailraceErrorOptions,
} from './errors/tailrace-error.js'
export {
  ConnectionError,
  FormatError,
  LimitError,
  ProtocolError,
  RequestError,
  StorageError,
} from './errors/error-classes.js'
export { createTailraceError, errorFromWire } from './errors/create-error.js'
export { AssertionError, assert, unreachable } from './errors/assertion.js'

export { crc32, offerCrc32 } from '#crc32'

export * from './batch/batch-descriptor.js'
export { BatchBuilder } from './batch/batch-builder.js'
export { type AllocateBytes } from './batch/batch-memory.js'
export type {
  BatchBuilderOptions,
  BuildOptions,
  ProducerStamp,
  RecordOptions,
} from './batch/batch-builder.js'
export { BatchView } from './batch/batch-view.js'
export { batches, forEachBatch } from './batch/batch-run.js'
export { type BatchDefect } from './batch/batch-defect.js'
export { inspectBatchHeader } from './batch/header-inspector.js'
export {
  checkBatch,
  checkProducedBatch,
  inspectBatch,
  inspectProducedBatch,
  type InspectionDepth,
} from './batch/batch-inspector.js'
export { restampProducer } from './batch/restamp-producer.js'
export {
  commitBatch,
  commitBatchOrdered,
  readHeaderWord,
  stampBatch,
  type BatchCommit,
  type BatchStamp,
} from './batch/stamp-batch.js'

export {
  END_MARKER_BYTES,
  RECOVERY_POINT_BYTES,
  RECOVERY_POINT_COUNT,
  RECOVERY_POINTS_AT,
  SEGMENT_CHECK_AT,
  SEGMENT_HEADER_BYTES,
} from './segment/segment-descriptor.js'
export {
  decodeSegmentHeader,
  encodeSegmentHeader,
  type SegmentHeader,
} from './segment/segment-header.js'
export {
  hasDamagedRecoveryPoint,
  readRecoveryPoint,
  writeRecoveryPoint,
  type RecoveryPoint,
} from './segment/recovery-point.js'
export {
  indexFileName,
  parseIndexFileName,
  parseSegmentFileName,
  segmentFileName,
} from './segment/segment-name.js'

export { INDEX_ENTRY_BYTES, INDEX_HEADER_BYTES } from './index/index-descriptor.js'
export { IndexEntries, type IndexEntry } from './index/index-entries.js'
export {
  decodeIndex,
  decodeIndexHeader,
  encodeIndex,
  type IndexHeader,
  type SegmentIndex,
  type SegmentSummary,
} from './index/index-file.js'

export { STREAM_NAME_PATTERN, checkStreamName } from './names/stream-name.js'
export { formatBytes, parseBytes } from './units/bytes.js'
export { formatDuration, parseDurationMs } from './units/duration.js'
export { parseTimestampUs } from './units/timestamp.js'

export { readU64 } from './bytes/u64.js'
