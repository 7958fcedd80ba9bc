/** What a log is opened with: the outcome of recovery, and what the streams of a store share. */
import type { Clock } from '../io/clock.js'
import type { Scheduler } from '../io/scheduler.js'
import type { Slots } from '../io/slots.js'
import type { ProducerTable } from '../producers/producer-table.js'
import type { ActiveMappings } from '../segments/active-mappings.js'
import type { MappingCache } from '../segments/mapping-cache.js'
import type { Segment, SegmentLoader } from '../segments/segment.js'
import type { Storage } from '../storage/storage-port.js'
import type { RecordCollector } from './record-collector.js'
import type { RecoveredLog } from './recovery.js'
import type { RecoveryLimits } from './recovery-limits.js'
import type { StreamMetadata } from './stream-metadata.js'

/** What a log is opened with. */
export interface LogOptions {
  readonly storage: Storage
  readonly directory: string
  readonly metadata: StreamMetadata
  readonly recovered: RecoveredLog
  readonly producers: ProducerTable
  /** Sealed segments whose index file is of no use; the loader adds to it, upkeep writes them anew. */
  readonly rebuilt: Set<Segment>
  readonly limits: RecoveryLimits
  readonly loader: SegmentLoader
  readonly cache: MappingCache
  readonly activeMappings: ActiveMappings
  /** Shared: who syncs takes one meanwhile. */
  readonly syncSlots: Slots
  /** Shared: logs take turns. */
  readonly collector: RecordCollector
  readonly clock: Clock
  readonly scheduler: Scheduler
  /** Hears of failures in the background that no caller waits for. */
  readonly onBackgroundError: (error: unknown) => void
}
