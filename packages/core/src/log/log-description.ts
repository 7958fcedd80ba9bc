/** What a log says about itself and about an append, as plain values. */
import type { AppendResult, LogDescription } from './log-types.js'
import type { RecoveryReport } from './recovery-report.js'
import type { SegmentList } from './segment-list.js'
import type { StreamMetadata } from './stream-metadata.js'

/** The log in numbers; `lastAppendUs` is 0 when nothing was ever appended. */
export function describeLog(
  log: Pick<LogDescription, 'startOffset' | 'endOffset' | 'durableOffset' | 'visibleOffset'> & {
    readonly recovery: RecoveryReport
  },
  metadata: StreamMetadata,
  segments: SegmentList,
  lastAppendUs: number,
): LogDescription {
  const { name, streamId, epoch, config, createdUs } = metadata
  const { damage } = log.recovery
  return {
    name,
    streamId,
    epoch,
    config,
    createdUs,
    startOffset: log.startOffset,
    endOffset: log.endOffset,
    durableOffset: log.durableOffset,
    visibleOffset: log.visibleOffset,
    sizeBytes: segments.sizeBytes,
    segmentCount: segments.length,
    lastAppendUs: lastAppendUs === 0 ? null : lastAppendUs,
    ...(damage === undefined ? {} : { damage }),
  }
}

/** The result of a batch that the log had already; its offset is −1 when it is no longer known. */
export function duplicateResult(baseOffset: number, recordCount: number): AppendResult {
  const endOffset = baseOffset < 0 ? -1 : baseOffset + recordCount
  return { baseOffset, endOffset, isDuplicate: true }
}
