/**
 * The storage port: what the server asks of a store, and nothing more.
 *
 * `@tailrace/core` fits it as it is. Everything here is about streams, offsets and runs of batches;
 * nothing is about files or mappings, so that a store on another engine can take its place.
 */

import type {
  AppendResult,
  BatchRun,
  Log,
  LogReader,
  ProducerHandle,
  StreamConfigInput,
} from '@tailrace/core'

export type { AppendResult, BatchRun, ProducerHandle, StreamConfigInput }

/** A place in a stream from which runs of batches are read; `warm` where `next` may wait for a disk. */
export type StreamReader = Pick<LogReader, 'nextOffset' | 'next' | 'seek'> &
  Partial<Pick<LogReader, 'warm'>>

type LogPart = Pick<
  Log,
  | 'name'
  | 'epoch'
  | 'config'
  | 'isClosed'
  | 'failure'
  | 'startOffset'
  | 'endOffset'
  | 'durableOffset'
  | 'visibleOffset'
  | 'hasRoomFor'
  | 'makeRoom'
  | 'appendBatch'
  | 'openProducer'
  | 'resolveOffset'
  | 'offsetForTimestamp'
  | 'onVisible'
  | 'onDurable'
  | 'describe'
>

/** A stream as the server uses it. */
export interface StreamLog extends LogPart {
  /** A reader that stands at `offset`. */
  reader(offset: number): StreamReader
}

/** A set of streams as the server uses it. Errors are the `TailraceError`s of core's `Store`. */
export interface StreamStore {
  /** Tells this store from others, for as long as its streams live. */
  readonly storeId: string
  /** Opens a stream, creating it first when it does not exist. */
  ensure(name: string, config?: StreamConfigInput): Promise<StreamLog>
  /** Opens a stream; the same object every time. */
  open(name: string): Promise<StreamLog>
  /** Whether a stream exists. */
  has(name: string): boolean
  /** The names of all streams, sorted. */
  list(): readonly string[]
  /** Deletes a stream; its log is closed. */
  delete(name: string): Promise<void>
  /** Closes the store and every log of it. */
  close(): Promise<void>
}
