/** A writer and a follower of the same stream in this process, each with mappings of its own. */

import {
  openStoreReadOnly,
  type LogRecord,
  type ReadOnlyLog,
  type ReadOnlyStore,
  type ReadOnlyStoreOptions,
  type ReadOptions,
  type StoreOptions,
  type StreamConfigInput,
} from '../../../src/index.js'
import { copyOf } from '../../support/records.js'
import { openTestLog, STREAM, type TestLog } from '../../support/test-store.js'

export interface FollowedLog extends AsyncDisposable {
  /** The writer's end. */
  readonly writer: TestLog
  readonly readOnly: ReadOnlyStore
  /** The follower's end. */
  readonly followed: ReadOnlyLog
}

/** A new stream and a follower of it. */
export async function openFollowedLog(
  root: string,
  config: StreamConfigInput = {},
  options: { readonly writer?: Partial<StoreOptions>; readonly reader?: ReadOnlyStoreOptions } = {},
): Promise<FollowedLog> {
  const { clock: _, ...writerOptions } = options.writer ?? {}
  const writer = await openTestLog(root, config, writerOptions)
  const readOnly = await openStoreReadOnly(root, options.reader)
  const followed = await readOnly.open(STREAM)
  return {
    writer,
    readOnly,
    followed,
    async [Symbol.asyncDispose]() {
      await readOnly.close()
      await writer.store.close()
    },
  }
}

/** Follows from an offset and resolves with the records before `until`. */
export async function follow(
  log: ReadOnlyLog,
  from: ReadOptions['from'],
  until: number,
): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for await (const record of log.read({ from, to: until, follow: true })) {
    records.push(copyOf(record))
  }
  return records
}
