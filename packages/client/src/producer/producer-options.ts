/**
 * What an application may say about a producer, and the complete, checked form of it.
 */

import { PRODUCER_NAME_LENGTH_MAX } from '@tailrace/protocol'

import { wholeNumber } from '../util/whole-number.js'
import type { ProducerConfig } from './producer-engine.js'

/** Options of `stream.producer`. */
export interface ProducerOptions {
  /** Keeps the producer's identity over restarts. Default: anonymous, for the life of the object. */
  readonly name?: string | undefined
  /** Bytes of a batch at which it is sent without waiting. Default 64 KiB. */
  readonly batchBytesMax?: number | undefined
  /** Records of a batch at which it is sent without waiting. Default 10,000. */
  readonly batchRecordsMax?: number | undefined
  /**
   * Milliseconds a record may wait for others to share its batch. Default 0: until the end of the
   * turn of the event loop.
   */
  readonly lingerMs?: number | undefined
  /** Bytes not acknowledged at which `send` returns false. Default 16 MiB. */
  readonly bufferBytesMax?: number | undefined
  /**
   * Whether the event loop looks for acknowledgements for up to 0.2 ms, instead of sleeping, while `publish` calls
   * wait. Faster where each waits for the last and the server is near; takes the processor time of the wait.
   * Default false.
   */
  readonly busyPolling?: boolean | undefined
  /** Whether to make the stream, with the server's defaults, if it does not exist. Default true. */
  readonly create?: boolean | undefined
}

const KIB = 1024
const MIB = 1024 * KIB
const BATCH_BYTES_DEFAULT = 64 * KIB
const BATCH_RECORDS_DEFAULT = 10_000
/** What a disk takes in twenty milliseconds: behind a sync, so much is on its way to the next one. */
const BUFFER_BYTES_DEFAULT = 16 * MIB

/**
 * Checks options and completes them.
 *
 * @throws {RangeError} a number is not a whole number in its range, or the name is empty or too long.
 */
export function resolveProducerOptions(stream: string, options: ProducerOptions): ProducerConfig {
  const { batchBytesMax = BATCH_BYTES_DEFAULT, batchRecordsMax = BATCH_RECORDS_DEFAULT } = options
  const { lingerMs = 0, bufferBytesMax = BUFFER_BYTES_DEFAULT } = options
  return {
    stream,
    name: checkedName(options.name),
    create: options.create ?? true,
    busyPolling: options.busyPolling ?? false,
    batchBytesMax: wholeNumber('batchBytesMax', batchBytesMax, 1),
    batchRecordsMax: wholeNumber('batchRecordsMax', batchRecordsMax, 1),
    lingerMs: wholeNumber('lingerMs', lingerMs, 0),
    bufferBytesMax: wholeNumber('bufferBytesMax', bufferBytesMax, 1),
  }
}

/** The server ends a connection on which a name arrives that cannot be one. */
function checkedName(name: string | undefined): string | undefined {
  if (name === undefined || (name.length >= 1 && name.length <= PRODUCER_NAME_LENGTH_MAX)) {
    return name
  }
  throw new RangeError(
    `the name of a producer has 1 to ${PRODUCER_NAME_LENGTH_MAX} characters, not ${name.length}`,
  )
}
