/**
 * What a bench does, checked and complete: made of the arguments, with every default and limit.
 *
 * A bench always ends by itself. Whoever sets no limit gets one of time, of records and of bytes,
 * whichever is reached first, so that trying it out fills no disk.
 */

import { type Durability } from '@tailrace/client'
import { checkStreamName, parseBytes } from '@tailrace/format'

import { usageError } from '../command-error.js'
import { RECORD_BYTES_MIN } from './bench-record.js'

/** What is measured. */
export type BenchKind = 'publish' | 'consume' | 'end-to-end'

/** The arguments of `tailrace bench`; those that a kind does not have are undefined. */
export interface BenchArguments {
  readonly url: string
  readonly json: boolean
  readonly stream: string | undefined
  readonly records: number | undefined
  readonly seconds: number | undefined
  readonly size?: string
  readonly publishers?: number
  readonly consumers?: number
  readonly rate?: string | undefined
  readonly batchBytes?: string
  readonly durability?: Durability | undefined
  readonly append?: boolean
  readonly keep?: boolean
}

/** How the publishers publish. */
export interface PublishSettings {
  readonly publishers: number
  /** Bytes of each record's value. */
  readonly sizeBytes: number
  /** Records a second of all publishers; undefined: as fast as acknowledgements allow. */
  readonly ratePerSecond: number | undefined
  readonly batchBytes: number
}

/** A bench, ready to be run. */
export interface BenchSettings {
  readonly kind: BenchKind
  readonly url: string
  readonly isJson: boolean
  /** Undefined: one of its own, made for it. */
  readonly stream: string | undefined
  /** Of the stream, if it is made. */
  readonly durability: Durability | undefined
  /** Whether a stream that has records may be published to. */
  readonly mayAppend: boolean
  readonly isKept: boolean
  /** Records after which it ends: published, or delivered to each consumer. May be infinite. */
  readonly recordsMax: number
  /** Seconds after which it ends. May be infinite. */
  readonly secondsMax: number
  /** Undefined when nothing is published. */
  readonly publish: PublishSettings | undefined
  /** 0 when nothing is consumed. */
  readonly consumers: number
}

const RECORDS_DEFAULT = 1_000_000
const SECONDS_DEFAULT = 10
/** A day. */
const SECONDS_MAX = 86_400
const BYTES_DEFAULT = 1024 ** 3
/** Of publishers, and of consumers: all are in this one process. */
const CONNECTIONS_MAX = 100
const RATE_PATTERN = /^(\d+(?:\.\d+)?)([kM]?)(?:\/s)?$/
const RATE_FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1000, M: 1_000_000 }

/**
 * Completes the arguments of a bench.
 *
 * @throws {CommandError} USAGE when they make no sense
 * @throws {RequestError} INVALID_STREAM_NAME, INVALID_CONFIG for a size that is none
 */
export function readSettings(kind: BenchKind, args: BenchArguments): BenchSettings {
  const { url, stream, durability } = args
  if (stream !== undefined) checkStreamName(stream)
  if (kind === 'consume' && stream === undefined) {
    throw usageError(
      'bench consume needs --stream, the stream to replay; tailrace bench publish --keep leaves one',
    )
  }
  const publish = kind === 'consume' ? undefined : publishSettings(args)
  return {
    kind,
    url,
    isJson: args.json,
    stream,
    durability,
    mayAppend: args.append === true,
    isKept: args.keep === true || stream !== undefined,
    ...limits(args, publish),
    publish,
    consumers: kind === 'publish' ? 0 : connectionCount('--consumers', args.consumers),
  }
}

function publishSettings(args: BenchArguments): PublishSettings {
  const sizeBytes = parseBytes(args.size ?? '128')
  if (sizeBytes < RECORD_BYTES_MIN) {
    throw usageError(
      `--size is ${sizeBytes} B, must be at least ${RECORD_BYTES_MIN} B: a record carries its number and time`,
    )
  }
  const batchBytes = parseBytes(args.batchBytes ?? '64KiB')
  if (batchBytes < 1) throw usageError('--batch-bytes is 0, must be at least 1')
  return {
    publishers: connectionCount('--publishers', args.publishers),
    sizeBytes,
    ratePerSecond: args.rate === undefined ? undefined : parseRate(args.rate),
    batchBytes,
  }
}

type Limits = Pick<BenchSettings, 'recordsMax' | 'secondsMax'>

function limits(args: BenchArguments, publish: PublishSettings | undefined): Limits {
  const { records, seconds } = args
  if (records !== undefined && !(Number.isSafeInteger(records) && records > 0)) {
    throw usageError(`--records is ${records}, must be a whole number from 1`)
  }
  if (seconds !== undefined && !(seconds > 0 && seconds <= SECONDS_MAX)) {
    throw usageError(`--seconds is ${seconds}, must be above 0 and at most ${SECONDS_MAX}`)
  }
  const isDefault = records === undefined && seconds === undefined && publish !== undefined
  const secondsMax = seconds ?? (isDefault ? SECONDS_DEFAULT : Infinity)
  const inBytes = publish === undefined ? Infinity : Math.ceil(BYTES_DEFAULT / publish.sizeBytes)
  const recordsMax = records ?? (isDefault ? Math.min(RECORDS_DEFAULT, inBytes) : Infinity)
  const { ratePerSecond = Infinity } = publish ?? {}
  const inTime = ratePerSecond * secondsMax
  return { recordsMax: Math.min(recordsMax, Math.ceil(inTime)), secondsMax }
}

function connectionCount(option: string, count = 1): number {
  if (Number.isInteger(count) && count >= 1 && count <= CONNECTIONS_MAX) return count
  throw usageError(`${option} is ${count}, must be a whole number from 1 to ${CONNECTIONS_MAX}`)
}

/** `5000`, `5000/s`, `5k/s`, `1.5M/s`. */
function parseRate(text: string): number {
  const [, digits, unit = ''] = RATE_PATTERN.exec(text) ?? []
  const rate = Number(digits) * (RATE_FACTORS[unit] ?? NaN)
  if (rate > 0) return rate
  throw usageError(`--rate is "${text}", must be records a second, for example 5000/s or 20k/s`)
}
