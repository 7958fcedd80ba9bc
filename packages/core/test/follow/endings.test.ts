/** How following ends: the stream is deleted, made anew, or takes back what was shown. */

import { describe, expect, it } from 'vitest'

import { openStoreReadOnly, type ReadOnlyLog } from '../../src/index.js'
import { valuesOf } from '../support/records.js'
import { errorOf } from '../support/errors.js'
import { patchFile } from '../support/files.js'
import { temporaryDirectory } from '../support/temporary.js'
import { openTestLog, STREAM } from '../support/test-store.js'
import { openFollowedLog } from './support/followed-log.js'

/** Waits at the tail until following ends. */
async function untilTheEnd(log: ReadOnlyLog): Promise<never> {
  for await (const _ of log.read({ from: 'next', follow: true })) continue
  throw new Error('following ended without an error')
}

describe('a stream that is deleted', () => {
  it('ends its followers with STREAM_CLOSED, waiting or not', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path)
    const { writer, readOnly, followed } = all
    await writer.log.append({ value: 'x' })
    const reader = followed.reader(0)
    const ended = errorOf('STREAM_CLOSED', untilTheEnd(followed))
    await writer.store.delete(STREAM)
    const error = await ended
    expect(error.message).toContain('deleted')
    expect(followed.isClosed).toBe(true)
    await errorOf('STREAM_CLOSED', () => reader.next(1))
    await errorOf('STREAM_CLOSED', () => followed.refresh())
    await errorOf('STREAM_NOT_FOUND', readOnly.open(STREAM))
  })

  it('and made anew is another stream: EPOCH_MISMATCH, with both epochs', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path)
    const { writer, readOnly, followed } = all
    await writer.log.append({ value: 'old' })
    followed.refresh()
    await writer.store.delete(STREAM)
    const made = await writer.store.ensure(STREAM)
    await made.append([{ value: 'new' }, { value: 'newer' }])
    const error = await errorOf('EPOCH_MISMATCH', () => followed.refresh())
    expect(error.details).toEqual({
      stream: STREAM,
      knownEpoch: writer.log.epoch,
      actualEpoch: made.epoch,
    })
    expect(error.action).toBe('reset-offset')
    await errorOf('EPOCH_MISMATCH', () => followed.reader(0).next(1))
    const again = await readOnly.open(STREAM)
    expect([again.epoch, again.streamId]).toEqual([made.epoch, made.streamId])
    expect(await valuesOf(again)).toEqual(['new', 'newer'])
  })

  it('is noticed by a reader that comes to the tail, without anybody waiting', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path)
    const { writer, followed } = all
    const reader = followed.reader(0)
    expect(reader.next(1)).toBeUndefined()
    await writer.log.append({ value: 'x' })
    expect(reader.next(1)?.endOffset).toBe(1)
    await writer.store.delete(STREAM)
    await errorOf('STREAM_CLOSED', () => reader.next(1))
  })
})

describe('a relaxed stream that took back what was shown', () => {
  it('ends its followers with EPOCH_MISMATCH', async () => {
    using root = temporaryDirectory()
    const writer = await openTestLog(root.path, { durability: 'relaxed' })
    await writer.log.append({ value: 'stays' })
    await writer.log.flush()
    await writer.log.append({ value: 'is damaged' })
    await writer.log.append({ value: 'is cut with it' })
    await using readOnly = await openStoreReadOnly(root.path)
    const followed = await readOnly.open(STREAM)
    expect(await valuesOf(followed)).toEqual(['stays', 'is damaged', 'is cut with it'])
    const ended = errorOf('EPOCH_MISMATCH', untilTheEnd(followed))
    // The writer is gone without a sync, and the disk gives back something else for one of its bytes.
    const path = root.at('streams', STREAM, '00000000000000000000.log')
    patchFile(path, (bytes) => {
      const at = Buffer.from(bytes).indexOf('is damaged')
      bytes[at] = 0
      return undefined
    })
    await using reopened = await openTestLog(root.path)
    expect(reopened.log.endOffset).toBe(1)
    const error = await ended
    expect(error.details).toMatchObject({
      knownEpoch: writer.log.epoch,
      actualEpoch: reopened.log.epoch,
    })
    const again = await readOnly.open(STREAM)
    await reopened.log.append({ value: 'goes on' })
    expect(await valuesOf(again)).toEqual(['stays', 'goes on'])
  })
})

describe('a writer that stops and starts again', () => {
  it('is not noticed when nothing was taken back', async () => {
    using root = temporaryDirectory()
    const writer = await openTestLog(root.path, { durability: 'relaxed' })
    await using readOnly = await openStoreReadOnly(root.path)
    const followed = await readOnly.open(STREAM)
    const reader = followed.reader(0)
    for (const value of ['a', 'b', 'c']) {
      await using reopened = await openTestLog(root.path)
      await reopened.log.append({ value })
      expect(reader.next(1)?.baseOffset).toBe(reopened.log.endOffset - 1)
      await reopened.store.close()
      expect(reader.next(1)).toBeUndefined()
    }
    expect(await valuesOf(followed)).toEqual(['a', 'b', 'c'])
    await writer.store.close()
  })
})
