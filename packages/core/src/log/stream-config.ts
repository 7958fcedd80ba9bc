/** The configuration of a stream: defaults, limits, validation, comparison. */
import { parseBytes, parseDurationMs, RequestError } from '@tailrace/format'

/** When an append is acknowledged: after an fdatasync, or at once with one at an interval. */
export type Durability = 'fsync' | 'relaxed'

/** What a caller may say of a stream; what is left out keeps its stored value or the default. */
export interface StreamConfigInput {
  /** Default `fsync`. */
  readonly durability?: Durability
  /** `relaxed` only: at most this long until a sync, in milliseconds, 1 to 60,000. Default 1000. */
  readonly flushIntervalMs?: number
  /** Size to which segments grow, 64 KiB to 1 GiB. Default 64 MiB. */
  readonly segmentBytesMax?: number | string
  readonly retention?: {
    /** Oldest segments go once all together are larger. Default: no bound. */
    readonly maxBytes?: number | string | null
    /** Segments go once their last record is older: milliseconds or `7d`. Default: no bound. */
    readonly maxAge?: number | string | null
    /** At most this many records are readable, to the record; 1 or more. Default: no bound. */
    readonly maxRecords?: number | null
  }
}

/** A complete configuration. */
export interface StreamConfig {
  readonly durability: Durability
  readonly flushIntervalMs: number
  readonly segmentBytesMax: number
  /** null: unbounded. */
  readonly retentionBytes: number | null
  /** null: unbounded. */
  readonly retentionMs: number | null
  /** null: unbounded. */
  readonly retentionRecords: number | null
}

const KIB = 1024
const MIB = 1024 * KIB

/** The configuration of a stream of which nothing is said. */
export const DEFAULT_STREAM_CONFIG: StreamConfig = {
  durability: 'fsync',
  flushIntervalMs: 1000,
  segmentBytesMax: 64 * MIB,
  retentionBytes: null,
  retentionMs: null,
  retentionRecords: null,
}

const FIELDS = ['durability', 'flushIntervalMs', 'segmentBytesMax', 'retention']
const RETENTION_FIELDS = ['maxBytes', 'maxAge', 'maxRecords']

/**
 * The fields that were said, validated; one that is not known is refused: it would have no effect.
 *
 * @throws {RequestError} INVALID_CONFIG naming the field.
 */
export function parseStreamConfig(input: StreamConfigInput): Partial<StreamConfig> {
  requireKnown('', input, FIELDS)
  requireKnown('retention.', input.retention ?? {}, RETENTION_FIELDS)
  const { durability, flushIntervalMs, segmentBytesMax, retention } = input
  const { maxBytes, maxAge, maxRecords } = retention ?? {}
  if (durability !== undefined && !['fsync', 'relaxed'].includes(durability)) {
    throw invalid('durability', durability, '"fsync" or "relaxed"')
  }
  return {
    ...(durability === undefined ? {} : { durability }),
    ...(flushIntervalMs === undefined
      ? {}
      : { flushIntervalMs: within('flushIntervalMs', flushIntervalMs, 1, 60_000) }),
    ...(segmentBytesMax === undefined
      ? {}
      : {
          segmentBytesMax: within(
            'segmentBytesMax',
            parseBytes(segmentBytesMax),
            64 * KIB,
            1024 * MIB,
          ),
        }),
    ...(maxBytes === undefined
      ? {}
      : { retentionBytes: bound('retention.maxBytes', maxBytes, parseBytes) }),
    ...(maxAge === undefined
      ? {}
      : { retentionMs: bound('retention.maxAge', maxAge, parseDurationMs) }),
    ...(maxRecords === undefined
      ? {}
      : { retentionRecords: bound('retention.maxRecords', maxRecords, Number) }),
  }
}

/** Says which of the fields that were asked for differ; undefined when none does. */
export function configDifference(
  asked: Partial<StreamConfig>,
  stored: StreamConfig,
): string | undefined {
  const keys = Object.keys(asked) as (keyof StreamConfig)[]
  const differing = keys.filter((key) => asked[key] !== stored[key])
  if (differing.length === 0) return undefined
  return differing
    .map((key) => `${key} is ${String(stored[key])}, asked for ${String(asked[key])}`)
    .join('; ')
}

function requireKnown(prefix: string, input: object, known: readonly string[]): void {
  const unknown = Object.keys(input).find((field) => !known.includes(field))
  if (unknown === undefined) return
  const message = `"${prefix}${unknown}" is no setting of a stream; there are ${known.join(', ')}`
  throw new RequestError('INVALID_CONFIG', message, { details: { field: `${prefix}${unknown}` } })
}

function bound(
  field: string,
  value: number | string | null,
  parse: (value: number | string) => number,
): number | null {
  return value === null ? null : within(field, parse(value), 1, Number.MAX_SAFE_INTEGER)
}

function within(field: string, value: number, min: number, max: number): number {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw invalid(field, value, `an integer from ${min} to ${max}`)
  }
  return value
}

function invalid(field: string, actual: unknown, allowed: string): RequestError {
  const message = `${field} is ${JSON.stringify(actual)}, allowed is ${allowed}`
  return new RequestError('INVALID_CONFIG', message, { details: { field } })
}
