/**
 * A verification as NDJSON: one object for each stream, told apart by `type` from the last one, which is
 * about the whole. The shape is in docs/cli.md; a script may rely on it.
 */

import { type StoreVerification } from '@tailrace/core'

import { lostRecords } from './stream-facts.js'

/** The objects, one to a line. */
export function verificationObjects(
  { directory, isSound, streams, defects, warnings }: StoreVerification,
  seconds: number,
): readonly object[] {
  const lines = streams.map(({ name, tornTail = null, ...stream }) => ({
    type: 'stream',
    name,
    isSound: stream.defects.length === 0,
    lostRecords: lostRecords(stream),
    ...stream,
    tornTail,
  }))
  const damaged = streams.filter((stream) => stream.defects.length > 0)
  const store = {
    type: 'store',
    directory,
    isSound,
    streams: streams.length,
    damagedStreams: damaged.map(({ name }) => name),
    records: streams.reduce((sum, { records }) => sum + records, 0),
    bytes: streams.reduce((sum, { bytes }) => sum + bytes, 0),
    seconds: Number(seconds.toFixed(3)),
    defects,
    warnings,
  }
  return [...lines, store]
}
