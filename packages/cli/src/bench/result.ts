/**
 * What a bench has found: the object that `--json` prints. Its shape is in docs/cli.md, and stays.
 */

import { type Durability, type Gap } from '@tailrace/client'

import { type Consuming } from './consuming.js'
import { type LatencyBucket, type Latencies, type Quantiles } from './latencies.js'
import { type Publishing } from './publishing.js'
import { type BenchKind, type BenchSettings } from './settings.js'
import { type BenchStream } from './bench-stream.js'

/** Records in one direction, and how fast they went. */
export interface Throughput {
  readonly records: number
  /** Bytes of their values. */
  readonly bytes: number
  /** From the beginning to the last of them. */
  readonly seconds: number
  readonly recordsPerSecond: number
  readonly bytesPerSecond: number
}

/** Latencies in milliseconds. */
export interface LatencyResult extends Quantiles {
  /** How many were measured. */
  readonly count: number
  readonly histogram: readonly LatencyBucket[]
}

/** The result of a bench. */
export interface BenchResult {
  readonly bench: BenchKind
  readonly stream: string
  /** Whether the stream is still there afterwards. */
  readonly isStreamKept: boolean
  /** When records of the stream are acknowledged. */
  readonly durability: Durability
  readonly publishers: number
  readonly consumers: number
  /** Of a published record; null when nothing is published, as the two below. */
  readonly sizeBytes: number | null
  readonly batchBytes: number | null
  /** Null also when records were published as fast as it goes. */
  readonly ratePerSecond: number | null
  /** Whether it came to its end, without error or Ctrl-C. */
  readonly isComplete: boolean
  /** What was published and acknowledged. */
  readonly published: Throughput | null
  /** Records that were due at the rate by the end, and for which there was no room. */
  readonly unsentRecords: number
  /** What was delivered to all consumers together. */
  readonly delivered: Throughput | null
  /** Records that should have been delivered and were not. */
  readonly missingRecords: number
  /** Records that were delivered again, or after a later one. */
  readonly repeatedRecords: number
  /** Records of the stream that the server has said are gone; `to` is exclusive. */
  readonly gaps: readonly Gap[]
  /** From sent, or due, to acknowledged; null when nothing was. */
  readonly acknowledgementMs: LatencyResult | null
  /** From sent, or due, to delivered; null when that is not measured. */
  readonly deliveryMs: LatencyResult | null
  readonly client: {
    /** Processor time of this process during the measurement. */
    readonly cpuSeconds: number
    /** The same per second: 1 is one core, all the time. */
    readonly cpuCores: number
  }
}

/** What a result is made of. */
export interface Measurement {
  readonly settings: BenchSettings
  readonly stream: BenchStream
  readonly publishing: Publishing | undefined
  readonly consuming: Consuming | undefined
  /** Of deliveries. */
  readonly latencies: Latencies
  /** When it began, ms since 1970. */
  readonly startMs: number
  /** How long it took in all. */
  readonly elapsedMs: number
  readonly cpuSeconds: number
  readonly isComplete: boolean
}

/** Sums a bench up. */
export function summarizeBench(measurement: Measurement): BenchResult {
  const { settings, stream, publishing, consuming, startMs, elapsedMs, cpuSeconds } = measurement
  const { publish } = settings
  return {
    bench: settings.kind,
    stream: stream.name,
    isStreamKept: !stream.isTemporary,
    durability: stream.durability,
    publishers: publish?.publishers ?? 0,
    consumers: settings.consumers,
    sizeBytes: publish?.sizeBytes ?? null,
    batchBytes: publish?.batchBytes ?? null,
    ratePerSecond: publish?.ratePerSecond ?? null,
    isComplete: measurement.isComplete,
    published: throughput(publishing, startMs),
    unsentRecords: publishing?.unsentCount ?? 0,
    delivered: throughput(consuming, startMs),
    missingRecords: consuming?.missingCount ?? 0,
    repeatedRecords: consuming?.repeatedCount ?? 0,
    gaps: consuming?.gaps ?? [],
    acknowledgementMs: publishing === undefined ? null : latencyResult(publishing.latencies),
    deliveryMs: latencyResult(measurement.latencies),
    client: {
      cpuSeconds: rounded(cpuSeconds),
      cpuCores: rounded(elapsedMs > 0 ? (cpuSeconds * 1000) / elapsedMs : 0),
    },
  }
}

/** What counts records in one direction. */
interface Counted {
  readonly recordCount: number
  readonly bytes: number
  readonly lastMs: number
}

function throughput(counted: Counted | undefined, startMs: number): Throughput | null {
  if (counted === undefined) return null
  const { recordCount, bytes, lastMs } = counted
  const seconds = Math.max(0, lastMs - startMs) / 1000
  return {
    records: recordCount,
    bytes,
    seconds: rounded(seconds),
    recordsPerSecond: seconds > 0 ? Math.round(recordCount / seconds) : 0,
    bytesPerSecond: seconds > 0 ? Math.round(bytes / seconds) : 0,
  }
}

function latencyResult(latencies: Latencies): LatencyResult | null {
  const quantiles = latencies.quantiles()
  if (quantiles === undefined) return null
  return { count: latencies.count, ...quantiles, histogram: latencies.buckets() }
}

/** To a thousandth. */
function rounded(value: number): number {
  return Number(value.toFixed(3))
}
