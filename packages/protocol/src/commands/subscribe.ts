/**
 * SUBSCRIBE and SUBSCRIBED: where to begin, where to stop, and how much to send ahead.
 */

import { Fields } from '../fields.js'
import { CHANNEL_MAX } from '../frames/frame.js'
import { EPOCH_MAX } from './stream-info.js'

/** Where a subscription begins: a map with exactly one of these keys. */
export type SubscribeFrom =
  | { readonly first: true }
  | { readonly last: number }
  | { readonly next: true }
  | { readonly offset: number }
  | { readonly timestampUs: number }

/** Where a subscription ends: a map with exactly one of these keys. */
export type SubscribeStop =
  | { readonly offset: number }
  | { readonly atEnd: true }
  | { readonly timestampUs: number }
  | { readonly count: number }

/** What to do with a start outside the stream: refuse it, or take the nearest offset there is. */
export type OutOfRangePolicy = 'strict' | 'clamp'

/** Body of SUBSCRIBE. */
export interface SubscribeRequest {
  readonly stream: string
  readonly from: SubscribeFrom
  /** `strict` unless given. */
  readonly onOutOfRange?: OutOfRangePolicy | undefined
  /** The epoch in which `from` was learnt; another one is refused with EPOCH_MISMATCH. */
  readonly epoch?: number | undefined
  /** Never, unless given. */
  readonly stop?: SubscribeStop | undefined
  /** Bytes of DELIVER bodies the server may send before the first CREDIT. */
  readonly creditBytes: number
}

/** SUBSCRIBE as a server sees it: the policy filled in. */
export type DecodedSubscribeRequest = SubscribeRequest & {
  readonly onOutOfRange: OutOfRangePolicy
}

/** Body of SUBSCRIBED. */
export interface SubscribeReply {
  /** Where DELIVER will come, from 1. */
  readonly channel: number
  /** The first offset that will be delivered. */
  readonly startOffset: number
  /** The first offset that will not be; null if there is no such offset, or not yet. */
  readonly stopOffset: number | null
  /** The stream's epoch. */
  readonly epoch: number
  /** The first offset the stream still has. */
  readonly firstOffset: number
  /** Records below it were visible when the server answered. */
  readonly visibleOffset: number
}

const OUT_OF_RANGE_POLICIES: readonly OutOfRangePolicy[] = ['strict', 'clamp']

/**
 * Decodes the body of a SUBSCRIBE request.
 *
 * @throws {ProtocolError} MALFORMED_FRAME, naming the field.
 */
export function decodeSubscribeRequest(body: Uint8Array): DecodedSubscribeRequest {
  const fields = Fields.decode(body, 'SUBSCRIBE')
  return {
    stream: fields.string('stream'),
    from: readFrom(fields.map('from')),
    onOutOfRange: fields.has('onOutOfRange')
      ? fields.oneOf('onOutOfRange', OUT_OF_RANGE_POLICIES)
      : 'strict',
    ...(fields.has('epoch') && { epoch: fields.integer('epoch', { max: EPOCH_MAX }) }),
    ...(fields.has('stop') && { stop: readStop(fields.map('stop')) }),
    creditBytes: fields.integer('creditBytes'),
  }
}

/**
 * Decodes the body of a SUBSCRIBE reply.
 *
 * @throws {ProtocolError} MALFORMED_FRAME, naming the field.
 */
export function decodeSubscribeReply(body: Uint8Array): SubscribeReply {
  const fields = Fields.decode(body, 'SUBSCRIBED')
  return {
    channel: fields.integer('channel', { min: 1, max: CHANNEL_MAX }),
    startOffset: fields.integer('startOffset'),
    stopOffset: fields.has('stopOffset') ? fields.integer('stopOffset') : null,
    epoch: fields.integer('epoch', { max: EPOCH_MAX }),
    firstOffset: fields.integer('firstOffset'),
    visibleOffset: fields.integer('visibleOffset'),
  }
}

function readFrom(fields: Fields): SubscribeFrom {
  const choice = fields.choice(['first', 'last', 'next', 'offset', 'timestampUs'])
  switch (choice) {
    case 'first':
      return { first: fields.marker('first') }
    case 'last':
      return { last: fields.integer('last') }
    case 'next':
      return { next: fields.marker('next') }
    case 'offset':
      return { offset: fields.integer('offset') }
    case 'timestampUs':
      return { timestampUs: fields.integer('timestampUs') }
  }
}

function readStop(fields: Fields): SubscribeStop {
  const choice = fields.choice(['offset', 'atEnd', 'timestampUs', 'count'])
  switch (choice) {
    case 'offset':
      return { offset: fields.integer('offset') }
    case 'atEnd':
      return { atEnd: fields.marker('atEnd') }
    case 'timestampUs':
      return { timestampUs: fields.integer('timestampUs') }
    case 'count':
      return { count: fields.integer('count') }
  }
}
