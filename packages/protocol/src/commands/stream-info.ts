/**
 * What a server says about a stream: part of the replies to ENSURE, DESCRIBE and LIST.
 */

import type { Fields } from '../fields.js'

/** When an acknowledgement is given: after an fdatasync, or once in the page cache. */
export type Durability = 'fsync' | 'relaxed'

export const DURABILITIES: readonly Durability[] = ['fsync', 'relaxed']

/** The highest epoch of a stream. */
export const EPOCH_MAX = 0xffff_ffff

/** A stream's whole configuration. */
export interface StreamConfigInfo {
  readonly durability: Durability
  /** Milliseconds after which a relaxed stream is written to disk at the latest. */
  readonly flushIntervalMs: number
  readonly segmentBytesMax: number
  /** Bytes kept; null keeps everything. */
  readonly retentionBytes: number | null
  /** Milliseconds a record is kept; null keeps it for ever. */
  readonly retentionMs: number | null
  /** Records kept; null keeps any number of them, as do servers that do not say. */
  readonly retentionRecords: number | null
}

/** A stream as it was when the server answered. */
export interface StreamInfo {
  readonly stream: string
  /** 32 lowercase hexadecimal digits; another one once the stream was deleted and made again. */
  readonly streamId: string
  readonly epoch: number
  readonly durability: Durability
  readonly startOffset: number
  readonly endOffset: number
  readonly durableOffset: number
  readonly visibleOffset: number
  /** Bytes on disk of the segments, headers included. */
  readonly sizeBytes: number
  readonly segmentCount: number
  readonly createdUs: number
  /** Append time of the last record; null if there never was one. */
  readonly lastAppendUs: number | null
  readonly config: StreamConfigInfo
}

const STREAM_ID_PATTERN = /^[0-9a-f]{32}$/

/** Reads a StreamInfo from the map that holds it. */
export function readStreamInfo(fields: Fields): StreamInfo {
  return {
    stream: fields.string('stream'),
    streamId: fields.matching('streamId', STREAM_ID_PATTERN, '32 lowercase hexadecimal digits'),
    epoch: fields.integer('epoch', { max: EPOCH_MAX }),
    durability: fields.oneOf('durability', DURABILITIES),
    startOffset: fields.integer('startOffset'),
    endOffset: fields.integer('endOffset'),
    durableOffset: fields.integer('durableOffset'),
    visibleOffset: fields.integer('visibleOffset'),
    sizeBytes: fields.integer('sizeBytes'),
    segmentCount: fields.integer('segmentCount'),
    createdUs: fields.integer('createdUs'),
    lastAppendUs: fields.has('lastAppendUs') ? fields.integer('lastAppendUs') : null,
    config: readStreamConfig(fields.map('config')),
  }
}

function readStreamConfig(fields: Fields): StreamConfigInfo {
  return {
    durability: fields.oneOf('durability', DURABILITIES),
    flushIntervalMs: fields.integer('flushIntervalMs'),
    segmentBytesMax: fields.integer('segmentBytesMax'),
    retentionBytes: fields.has('retentionBytes') ? fields.integer('retentionBytes') : null,
    retentionMs: fields.has('retentionMs') ? fields.integer('retentionMs') : null,
    retentionRecords: fields.has('retentionRecords') ? fields.integer('retentionRecords') : null,
  }
}
