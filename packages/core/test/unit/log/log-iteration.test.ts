import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { Log } from '../../../src/index.js'
import { errorOf, thrownBy } from '../../support/errors.js'
import { offsetsOf, range, textOf, valuesOf } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { appendSegments, openTestLog, SMALL } from '../../support/test-store.js'

async function appendLetters(log: Log, letters: string): Promise<void> {
  for (const value of letters) await log.append({ value })
}

describe('Log.read', () => {
  it('ends at the visible end as of its first step', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    await appendLetters(log, 'abc')
    const seen: string[] = []
    for await (const { value } of log.read({ from: 0 })) {
      seen.push(textOf(value))
      if (seen.length < 5) await log.append({ value: 'late' })
    }
    expect(seen).toEqual(['a', 'b', 'c'])
  })

  it('stops before an offset, within a batch too, and does not wait for one that is far', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    await log.append(range(0, 10).map((at) => ({ value: String(at) })))
    expect(await offsetsOf(log, { from: 3, to: 7 })).toEqual([3, 4, 5, 6])
    expect(await offsetsOf(log, { from: 3, to: 3 })).toEqual([])
    expect(await offsetsOf(log, { from: 3, to: 1 })).toEqual([])
    expect(await offsetsOf(log, { from: 8, to: 1000 })).toEqual([8, 9])
  })

  it('follows to an offset and ends there', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    const following = (async () => {
      const seen: number[] = []
      for await (const { offset } of log.read({ from: 0, to: 3, follow: true })) seen.push(offset)
      return seen
    })()
    await appendLetters(log, 'abcd')
    expect(await following).toEqual([0, 1, 2])
  })

  it('follows over rolls, and through many records at once', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log } = opened
    const seen: number[] = []
    const following = (async () => {
      for await (const { offset } of log.read({ from: 'first', to: 200, follow: true }))
        seen.push(offset)
    })()
    await Promise.all(range(0, 200).map(() => log.append({ value: new Uint8Array(3000) })))
    await following
    expect(seen).toEqual(range(0, 200))
    expect(log.describe().segmentCount).toBeGreaterThan(5)
  })

  it('is aborted before, while and after it waits, and leaves no listener behind', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    await appendLetters(log, 'ab')
    const abort = new AbortController()
    const records = log.read({ from: 0, follow: true, signal: abort.signal })
    await records.next()
    await records.next()
    const waiting = thrownBy(records.next())
    await new Promise((resolve) => setImmediate(resolve))
    expect(getEventListeners(abort.signal, 'abort').length).toBe(1)
    abort.abort()
    expect(await waiting).toMatchObject({ name: 'AbortError' })
    expect(getEventListeners(abort.signal, 'abort').length).toBe(0)
    const late = log.read({ from: 0, signal: abort.signal })
    expect(await thrownBy(late.next())).toMatchObject({ name: 'AbortError' })
    const reason = new Error('enough')
    const aborted = log.read({ from: 0, follow: true, signal: AbortSignal.abort(reason) })
    expect(await thrownBy(aborted.next())).toBe(reason)
  })

  it('leaves no listener behind when its consumer stops', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    const abort = new AbortController()
    for (let round = 0; round < 5; round += 1) {
      const records = log.read({ from: log.endOffset, follow: true, signal: abort.signal })
      const next = records.next()
      await log.append({ value: 'x' })
      expect((await next).value?.offset).toBe(round)
      await records.return()
    }
    expect(getEventListeners(abort.signal, 'abort').length).toBe(0)
  })

  it('does not show what is not yet durable', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    const appended = log.append({ value: 'soon' })
    expect(log.endOffset).toBe(1)
    expect(log.visibleOffset).toBe(0)
    expect(await valuesOf(log)).toEqual([])
    await errorOf('OFFSET_OUT_OF_RANGE', () => log.resolveOffset(1))
    await appended
    expect(await valuesOf(log)).toEqual(['soon'])
  })

  it('shows at once what was appended to a relaxed log', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, { durability: 'relaxed' })
    const { log } = opened
    void log.append({ value: 'now' })
    expect(log.visibleOffset).toBe(1)
    expect(log.durableOffset).toBe(0)
    expect(await valuesOf(log)).toEqual(['now'])
  })
})

describe('Log.batches', () => {
  it('hands out whole batches from the one that holds the start to the one that holds the end', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    for (let at = 0; at < 5; at += 1)
      await log.append([{ value: 'a' }, { value: 'b' }, { value: 'c' }])
    const bases = (from: number, to?: number): number[] =>
      Array.from(log.batches({ from, to }), ({ baseOffset }) => baseOffset)
    expect(bases(0)).toEqual([0, 3, 6, 9, 12])
    expect(bases(4, 7)).toEqual([3, 6])
    expect(bases(4, 6)).toEqual([3])
    expect(bases(15)).toEqual([])
    expect(bases(14, 14)).toEqual([])
  })

  it('reuses its view, and does not see what is appended meanwhile', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log } = opened
    await appendSegments(log, 2)
    const end = log.endOffset
    let count = 0
    for (const batch of log.batches({ from: 'first' })) {
      expect(batch.baseOffset).toBe(count)
      count += 1
      if (count < 5) await log.append({ value: 'late' })
    }
    expect(count).toBe(end)
  })
})

describe('listeners', () => {
  it('hear of an advance once, not once a record, and until they are taken away', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    const heard = { visible: 0, durable: 0 }
    const stopVisible = log.onVisible(() => (heard.visible += 1))
    const stopDurable = log.onDurable(() => (heard.durable += 1))
    await Promise.all(range(0, 100).map(() => log.append({ value: 'x' })))
    expect(heard.visible).toBeGreaterThan(0)
    expect(heard.visible).toBeLessThanOrEqual(3)
    expect(heard.durable).toBe(heard.visible)
    stopVisible()
    stopVisible()
    stopDurable()
    const before = { ...heard }
    await log.append({ value: 'unheard' })
    expect(heard).toEqual(before)
  })

  it('may come and go while they are called, and are all told of a close', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    const heard: string[] = []
    const stop = log.onVisible(() => {
      heard.push('once')
      stop()
      log.onVisible(() => heard.push('added'))
    })
    log.onVisible(() => heard.push('always'))
    await log.append({ value: 'x' })
    expect(heard).toEqual(['once', 'always'])
    await log.close()
    expect(heard).toEqual(['once', 'always', 'always', 'added'])
    expect(log.isClosed).toBe(true)
  })

  it('hear of a relaxed append after the turn', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, { durability: 'relaxed' })
    const { log } = opened
    let count = 0
    log.onVisible(() => (count += 1))
    for (let at = 0; at < 10; at += 1) void log.append({ value: 'x' })
    expect(count).toBe(0)
    // Appended by a microtask, told at the end of the turn after it.
    await Promise.resolve()
    await new Promise((resolve) => setImmediate(resolve))
    expect(count).toBe(1)
  })
})
