/**
 * What the server checks of a published batch before the log sees it.
 *
 * The batch was made by somebody else and nothing in it is believed: first its length against the
 * server's limit, then structure and checksum, then that its identity is the one that was given to the
 * channel it came on. Nothing of a batch is kept.
 */

import {
  BATCH_LENGTH_AT,
  createTailraceError,
  inspectProducedBatch,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RequestError,
  type TailraceError,
} from '@tailrace/format'

import type { ProducerHandle } from '../storage/storage-port.js'

/** The identity that a channel's batches must carry. */
export type ProducerIdentity = Pick<ProducerHandle, 'producerId' | 'producerEpoch'>

const TWO_TO_32 = 0x1_0000_0000

/** Checks batches for a whole server. */
export class BatchChecker {
  readonly #batchBytesMax: number

  constructor(batchBytesMax: number) {
    this.#batchBytesMax = batchBytesMax
  }

  /** What is wrong with the batch at `position` of a PUBLISH body; undefined when it may be appended. */
  defectOf(
    body: Uint8Array,
    position: number,
    identity: ProducerIdentity,
  ): TailraceError | undefined {
    const batchBytes = claimedBatchLength(body, position)
    if (batchBytes > this.#batchBytesMax) return tooLarge(batchBytes, this.#batchBytesMax)
    const defect = inspectProducedBatch(body, position, body.byteLength)
    if (defect !== undefined) {
      return createTailraceError(defect.code, defect.message, { details: defect.details })
    }
    const producerIdAt = position + PRODUCER_ID_AT
    const producerId = readU32(body, producerIdAt + 4) * TWO_TO_32 + readU32(body, producerIdAt)
    const producerEpoch = readU16(body, position + PRODUCER_EPOCH_AT)
    if (producerId === identity.producerId && producerEpoch === identity.producerEpoch) {
      return undefined
    }
    return foreignBatch({ producerId, producerEpoch }, identity)
  }
}

/**
 * The length that the batch at `position` claims, unchecked: 0 when the bytes end before it. To be
 * believed once `defectOf` has found nothing.
 */
export function claimedBatchLength(body: Uint8Array, position: number): number {
  const at = position + BATCH_LENGTH_AT
  return at + 4 > body.byteLength ? 0 : readU32(body, at)
}

function readU32(bytes: Uint8Array, at: number): number {
  return (readU16(bytes, at) | (readU16(bytes, at + 2) << 16)) >>> 0
}

function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
}

function tooLarge(batchBytes: number, batchBytesMax: number): RequestError {
  return new RequestError(
    'BATCH_TOO_LARGE',
    `batch is ${batchBytes} bytes, must be at most ${batchBytesMax}`,
    { details: { batchBytes, batchBytesMax } },
  )
}

function foreignBatch(actual: ProducerIdentity, expected: ProducerIdentity): RequestError {
  return new RequestError(
    'INVALID_REQUEST',
    `batch is of producer ${actual.producerId} in epoch ${actual.producerEpoch}, its channel is of ` +
      `producer ${expected.producerId} in epoch ${expected.producerEpoch}`,
    {
      details: {
        producerId: actual.producerId,
        producerEpoch: actual.producerEpoch,
        channelProducerId: expected.producerId,
        channelProducerEpoch: expected.producerEpoch,
      },
    },
  )
}
