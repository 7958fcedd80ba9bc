/**
 * A segment as NDJSON: one object a line, told apart by `type`.
 */

import { type SegmentInspection } from '@tailrace/core'
import { type BatchView } from '@tailrace/format'

import { readBytes, readHeaders, readValue, type ValueCodec } from '../deliver/readable-value.js'
import { formatTimestamp } from '../text/numbers.js'
import { type LocatedDefect, type SegmentReport, type SegmentTotals } from './segment-report.js'

/** Writes objects for scripts. */
export class JsonReport implements SegmentReport {
  readonly #codec: ValueCodec

  constructor(codec: ValueCodec) {
    this.#codec = codec
  }

  segment({ path, sizeBytes, header, recoveryPoint }: SegmentInspection): string {
    const { createdUs, ...rest } = header
    return JSON.stringify({
      type: 'segment',
      path,
      sizeBytes,
      ...rest,
      created: formatTimestamp(createdUs),
      recoveryPoint: recoveryPoint ?? null,
    })
  }

  batch(position: number, batch: BatchView): string {
    return JSON.stringify({
      type: 'batch',
      position,
      batchLength: batch.batchLength,
      baseOffset: batch.baseOffset,
      lastOffset: batch.lastOffset,
      recordCount: batch.recordCount,
      epoch: batch.epoch,
      appendTime: formatTimestamp(batch.appendTimeUs),
      createTime: formatTimestamp(batch.createTimeUs),
      producerId: batch.producerId,
      producerEpoch: batch.producerEpoch,
      baseSequence: batch.baseSequence,
      isControl: batch.isControl,
    })
  }

  record(batch: BatchView, index: number): string {
    const key = batch.key(index)
    const headers = batch.headers(index)
    const { encoding, text } = readValue(batch.value(index), this.#codec)
    const isJson = encoding === 'json' || encoding === 'msgpack'
    return JSON.stringify({
      type: 'record',
      offset: batch.offset(index),
      time: formatTimestamp(batch.timeUs(index)),
      ...(key !== undefined && { key: readBytes(key) }),
      ...(headers !== undefined && { headers: readHeaders(headers) }),
      encoding,
      value: isJson ? (JSON.parse(text) as unknown) : text,
    })
  }

  defect(found: LocatedDefect, isTornTail: boolean): string {
    const { position, defect, resumesAt, fromOffset, toOffset } = found
    const { code, message } = defect
    return JSON.stringify({
      type: 'defect',
      position,
      fromOffset,
      toOffset: toOffset ?? null,
      code,
      message,
      resumesAt: resumesAt ?? null,
      isTornTail,
    })
  }

  end(totals: SegmentTotals): string {
    return JSON.stringify({ type: 'end', ...totals })
  }
}
