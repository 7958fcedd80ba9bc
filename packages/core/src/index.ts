/**
 * @tailrace/core: the append-only log, embedded.
 *
 * Start at `openStore`. Everything here runs in the process that calls it; there is no server.
 */
export { openStore, Store } from './store/store.js'
export type { StoreOptions } from './store/store.js'
export { Log } from './log/log.js'
export { openStoreReadOnly, ReadOnlyStore } from './follow/read-only-store.js'
export type { ReadOnlyStoreOptions } from './follow/read-only-store.js'
export { ReadOnlyLog } from './follow/read-only-log.js'
export type {
  AppendOptions,
  AppendResult,
  FollowOptions,
  LogDescription,
  LogRecord,
  OutOfRange,
  ReadOptions,
  RecordInput,
  StartPosition,
} from './log/log-types.js'
export { LogReader } from './log/log-reader.js'
export type { BatchRun } from './log/log-reader.js'
export type { RecoveryLimits } from './log/recovery-limits.js'
export type { Damage, ForgottenProducers, RecoveryReport, TornTail } from './log/recovery-report.js'
export { DEFAULT_STREAM_CONFIG, parseStreamConfig } from './log/stream-config.js'
export type { Durability, StreamConfig, StreamConfigInput } from './log/stream-config.js'
export { CursorStore } from './cursors/cursor-store.js'
export type { CommitOptions, Cursor } from './cursors/cursor.js'
export type { ProducerIdentity } from './producers/producer-id.js'
export type { ProducerHandle } from './producers/producer-table.js'
export type { Clock } from './io/clock.js'
export type { Scheduler } from './io/scheduler.js'
export type { CreateOptions, Storage, StorageEntry, StorageFile } from './storage/storage-port.js'
export type { FileStat, IdentifiedFile, ReadOnlyStorage } from './storage/read-only-storage.js'
export { MappedStorage } from './storage/mapped-storage.js'
export type { Gap } from './log/gap.js'
export { repairStream } from './repair/repair-stream.js'
export type { RepairOptions } from './repair/repair-stream.js'
export type { RepairAction, RepairReport } from './repair/repair-report.js'
export { verifyStore } from './repair/verify-store.js'
export type { VerifyOptions } from './repair/verify-store.js'
export type {
  Defect,
  StoreVerification,
  StreamVerification,
  TornTailFinding,
  VerificationProgress,
  VerificationWarning,
} from './repair/verification.js'
export type { DefectCode } from './repair/fault.js'
export { inspectSegmentFile } from './segments/segment-inspection.js'
export type { InspectedBatch, SegmentInspection } from './segments/segment-inspection.js'
