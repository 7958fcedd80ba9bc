/** ENSURE, DESCRIBE, LIST, DELETE: the streams themselves. */

import { checkStreamName, TailraceError } from '@tailrace/format'
import {
  FrameType,
  LIST_LIMIT_DEFAULT,
  type DeleteRequest,
  type DescribeRequest,
  type EnsureRequest,
  type Frame,
  type ListRequest,
  type StreamConfigRequest,
  type StreamInfo,
} from '@tailrace/protocol'

import type { StreamConfigInput, StreamStore } from '../storage/storage-port.js'
import type { CommandContext } from './command.js'
import { streamInfoOf } from './stream-info.js'

/** Makes a stream unless it is there. */
export async function ensureStream(
  context: CommandContext,
  { stream, config }: EnsureRequest,
  frame: Frame,
): Promise<void> {
  checkStreamName(stream)
  const { store, announced } = context.services
  const existed = store.has(stream)
  const log = await store.ensure(stream, storeConfig(config))
  // Of several clients that ask at the same time, one is told that it made the stream.
  const created = !existed && !announced.has(log)
  announced.add(log)
  context.reply(frame, FrameType.ENSURED, { created, info: streamInfoOf(log) })
}

/** Says where a stream begins and ends, and how it is configured. */
export async function describeStream(
  context: CommandContext,
  { stream }: DescribeRequest,
  frame: Frame,
): Promise<void> {
  checkStreamName(stream)
  const log = await context.services.store.open(stream)
  context.reply(frame, FrameType.DESCRIBED, streamInfoOf(log))
}

/** Lists the streams by name, a page at a time. */
export async function listStreams(
  context: CommandContext,
  { after = '', limit = LIST_LIMIT_DEFAULT }: ListRequest,
  frame: Frame,
): Promise<void> {
  const { store } = context.services
  const names = store.list()
  const start = names.findIndex((name) => name > after)
  const page = start < 0 ? [] : names.slice(start, start + limit)
  const streams: StreamInfo[] = []
  for (const name of page) {
    const info = await describeIfThere(store, name)
    if (info !== undefined) streams.push(info)
  }
  const more = start >= 0 && start + limit < names.length
  context.reply(frame, FrameType.LISTED, { streams, more })
}

/** Deletes a stream and everything in it. */
export async function deleteStream(
  context: CommandContext,
  { stream }: DeleteRequest,
  frame: Frame,
): Promise<void> {
  checkStreamName(stream)
  await context.services.store.delete(stream)
  context.services.logger.info('deleted a stream', { stream })
  context.reply(frame, FrameType.DELETED, {})
}

/** A stream that was deleted since the names were listed is left out. */
async function describeIfThere(store: StreamStore, name: string): Promise<StreamInfo | undefined> {
  try {
    return streamInfoOf(await store.open(name))
  } catch (error) {
    if (TailraceError.is(error) && error.code === 'STREAM_NOT_FOUND') return undefined
    throw error
  }
}

function storeConfig(config: StreamConfigRequest = {}): StreamConfigInput {
  const { durability, flushIntervalMs, segmentBytesMax } = config
  const { retentionBytes, retentionMs, retentionRecords } = config
  return {
    ...(durability !== undefined && { durability }),
    ...(flushIntervalMs !== undefined && { flushIntervalMs }),
    ...(segmentBytesMax !== undefined && { segmentBytesMax }),
    retention: {
      ...(retentionBytes !== undefined && { maxBytes: retentionBytes }),
      ...(retentionMs !== undefined && { maxAge: retentionMs }),
      ...(retentionRecords !== undefined && { maxRecords: retentionRecords }),
    },
  }
}
