/**
 * Producer ids: 53-bit integers, so that they are safe numbers everywhere.
 *
 * The id of a named producer is derived from its name, which needs no registry that could be lost: what
 * the log holds of the producer is found again under the same id. Two of a thousand names collide with
 * a probability of 6 in 10^11 (docs/adr/0004).
 */
import { createHash, randomBytes } from 'node:crypto'
import { RequestError } from '@tailrace/format'

/** Length of a producer's name in characters. */
export const PRODUCER_NAME_LENGTH_MAX = 255

/** Who a producer is: a name; or the id of an anonymous one that goes on; or neither for a new one. */
export interface ProducerIdentity {
  readonly name?: string | undefined
  readonly producerId?: number | undefined
}

/**
 * The id.
 *
 * @throws {RequestError} INVALID_REQUEST for a name of 0 or more than 255 characters, and for an id that is
 * none: with 0 a batch would say that it has no producer, and be stored again with every retry.
 */
export function producerIdOf({ name, producerId }: ProducerIdentity): number {
  if (name === undefined) return producerId === undefined ? randomProducerId() : checkId(producerId)
  if (name.length > 0 && name.length <= PRODUCER_NAME_LENGTH_MAX) return producerIdOfName(name)
  const message = `a producer name has ${name.length} characters, allowed are 1 to ${PRODUCER_NAME_LENGTH_MAX}`
  throw new RequestError('INVALID_REQUEST', message, { details: { length: name.length } })
}

function checkId(producerId: number): number {
  if (Number.isSafeInteger(producerId) && producerId > 0) return producerId
  const message = `producer id ${producerId} is not an integer from 1 to ${Number.MAX_SAFE_INTEGER}`
  throw new RequestError('INVALID_REQUEST', message, { details: { producerId } })
}

/** The id of a named producer: the first 53 bits of the SHA-256 of its name; never 0. */
export function producerIdOfName(name: string): number {
  return idOf(createHash('sha256').update(name, 'utf8').digest())
}

/** The id of an anonymous producer: 53 random bits; never 0. */
export function randomProducerId(): number {
  return idOf(randomBytes(8))
}

function idOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const high = view.getUint32(0, true) & 0x1fffff
  // 0 says "no producer" in a batch.
  return high * 2 ** 32 + view.getUint32(4, true) || 1
}
