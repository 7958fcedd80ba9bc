/**
 * OPEN_PRODUCER and PRODUCER_OPENED: a channel to publish on, and the identity that makes a retry safe.
 *
 * A named producer keeps its identity for ever; an anonymous one gets a new one, and may ask for it
 * again after a lost connection. Opening raises the producer's epoch, which fences whoever had it before.
 */

import { Fields } from '../fields.js'
import { CHANNEL_MAX } from '../frames/frame.js'
import { PRODUCER_NAME_LENGTH_MAX } from '../limits.js'
import { DURABILITIES, EPOCH_MAX, type Durability } from './stream-info.js'

/** Body of OPEN_PRODUCER. At most one of `name` and `producerId`. */
export interface OpenProducerRequest {
  readonly stream: string
  /** A named producer: the server derives the id, the same on every connection. */
  readonly name?: string | undefined
  /** An anonymous producer coming back: the id it was given. */
  readonly producerId?: number | undefined
  /** Whether to make the stream, with the server's defaults, if it does not exist. */
  readonly create?: boolean | undefined
}

/** Body of PRODUCER_OPENED. */
export interface OpenProducerReply {
  /** Where to PUBLISH, from 1. */
  readonly channel: number
  /** For the header of every batch; at least 1. */
  readonly producerId: number
  /** For the header of every batch, from 0 to 65535. */
  readonly producerEpoch: number
  /** The sequence of the last record the log has of this producer; −1 if none. */
  readonly lastSequence: number
  /** The next offset the stream will assign, at the time of the reply. */
  readonly endOffset: number
  /** What the stream's acknowledgements mean. */
  readonly durability: Durability
  /** The stream's epoch. */
  readonly epoch: number
}

/** `lastSequence` of a producer the log has no record of. */
export const NO_SEQUENCE = -1

/**
 * Decodes the body of a OPEN_PRODUCER request.
 *
 * @throws {ProtocolError} MALFORMED_FRAME, naming the field.
 */
export function decodeOpenProducerRequest(body: Uint8Array): OpenProducerRequest {
  const fields = Fields.decode(body, 'OPEN_PRODUCER')
  if (fields.has('name') && fields.has('producerId')) {
    throw fields.fault('producerId', 'absent when there is a "name"')
  }
  const nameRange = { lengthMin: 1, lengthMax: PRODUCER_NAME_LENGTH_MAX }
  return {
    stream: fields.string('stream'),
    ...(fields.has('name') && { name: fields.string('name', nameRange) }),
    ...(fields.has('producerId') && { producerId: fields.integer('producerId', { min: 1 }) }),
    ...(fields.has('create') && { create: fields.boolean('create') }),
  }
}

/**
 * Decodes the body of a OPEN_PRODUCER reply.
 *
 * @throws {ProtocolError} MALFORMED_FRAME, naming the field.
 */
export function decodeOpenProducerReply(body: Uint8Array): OpenProducerReply {
  const fields = Fields.decode(body, 'PRODUCER_OPENED')
  return {
    channel: fields.integer('channel', { min: 1, max: CHANNEL_MAX }),
    producerId: fields.integer('producerId', { min: 1 }),
    producerEpoch: fields.integer('producerEpoch', { max: 0xffff }),
    lastSequence: fields.integer('lastSequence', { min: NO_SEQUENCE, max: 0xffff_ffff }),
    endOffset: fields.integer('endOffset'),
    durability: fields.oneOf('durability', DURABILITIES),
    epoch: fields.integer('epoch', { max: EPOCH_MAX }),
  }
}
