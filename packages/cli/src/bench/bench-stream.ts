/**
 * The stream of a bench: one that was named, or one of its own that goes when the bench is over.
 *
 * Somebody's records are never mixed with those of a bench by mistake: a stream that has records is
 * published to only if that was asked for.
 */

import { type Client, type Durability, TailraceError } from '@tailrace/client'
import { type StreamInfo } from '@tailrace/protocol'
import { randomBytes } from 'node:crypto'

import { CommandError, usageError } from '../command-error.js'
import { type Context } from '../context.js'
import { unlessAborted } from '../io/abort.js'
import { countOf } from '../text/numbers.js'
import { type BenchSettings } from './settings.js'

/** The stream, as it was when the bench began. */
export interface BenchStream {
  readonly name: string
  readonly durability: Durability
  /** Offset of its first record. */
  readonly startOffset: number
  /** Offset behind its last record that consumers may see. */
  readonly visibleOffset: number
  /** Whether it has to be deleted. */
  readonly isTemporary: boolean
}

const NAME_BYTES = 4
/** A deletion that takes longer is not waited for. */
const DELETE_MS = 10_000
const DURABILITY_DEFAULT = 'fsync'

/**
 * Finds or makes the stream.
 *
 * @throws {RequestError} STREAM_NOT_FOUND when it was to be consumed
 * @throws {CommandError} NOT_CONFIRMED when it has records and nobody said that this is all right; USAGE
 * when it has another durability than was asked for
 */
export async function openBenchStream(
  client: Client,
  settings: BenchSettings,
): Promise<BenchStream> {
  const { kind, stream } = settings
  if (stream === undefined) {
    const name = `bench-${randomBytes(NAME_BYTES).toString('hex')}`
    return benchStream(await create(client, name, settings), !settings.isKept)
  }
  if (kind === 'consume') return benchStream(await client.stream(stream).describe(), false)
  const info = await find(client, stream)
  if (info === undefined) return benchStream(await create(client, stream, settings), false)
  checkExisting(info, settings)
  return benchStream(info, false)
}

/** Deletes the stream if it is a temporary one; says so when that fails, and how else it can be done. */
export async function removeBenchStream(
  client: Client,
  { name, isTemporary }: BenchStream,
  { interrupts, notices }: Context,
): Promise<void> {
  if (!isTemporary) return
  const end = AbortSignal.any([interrupts.urged, AbortSignal.timeout(DELETE_MS)])
  const deleted = client
    .stream(name)
    .delete()
    .then(() => 'deleted')
  let reason = 'no answer'
  try {
    if ((await unlessAborted(deleted, end)) !== undefined) return
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error)
  }
  notices.fail(
    `stream "${name}" is left behind: ${reason}; tailrace streams rm ${name} --yes deletes it`,
  )
}

async function create(
  client: Client,
  name: string,
  { durability = DURABILITY_DEFAULT }: BenchSettings,
): Promise<StreamInfo> {
  const { info } = await client.stream(name).ensure({ durability })
  return info
}

async function find(client: Client, name: string): Promise<StreamInfo | undefined> {
  try {
    return await client.stream(name).describe()
  } catch (error) {
    if (TailraceError.is(error) && error.code === 'STREAM_NOT_FOUND') return undefined
    throw error
  }
}

function checkExisting(info: StreamInfo, { durability, mayAppend }: BenchSettings): void {
  if (durability !== undefined && durability !== info.durability) {
    throw usageError(
      `stream "${info.stream}" is ${info.durability}, --durability ${durability} is for streams that are made`,
    )
  }
  const recordCount = info.endOffset - info.startOffset
  if (recordCount === 0 || mayAppend) return
  throw new CommandError(
    'NOT_CONFIRMED',
    `stream "${info.stream}" has ${countOf(recordCount, 'record')}; add --append to publish behind them, or leave --stream out`,
  )
}

function benchStream(info: StreamInfo, isTemporary: boolean): BenchStream {
  const { stream: name, durability, startOffset, visibleOffset } = info
  return { name, durability, startOffset, visibleOffset, isTemporary }
}
