import { describe, expect, it } from 'vitest'

import type { StartPosition } from '../../../src/route/start-position.js'
import { TailReader } from '../../../src/tail/tail-reader.js'
import { FakeSource, part } from './fake-source.js'

const LIMITS = { rowsMax: 100, bytesMax: 1e9 }

describe('TailReader', () => {
  it.each([
    [{ kind: 'first' }, 'first'],
    [{ kind: 'next' }, 'next'],
    [{ kind: 'last', count: 7 }, { last: 7 }],
    [{ kind: 'offset', offset: 9 }, 9],
    [{ kind: 'time', timeUs: 5 }, { timestamp: 5 }],
  ] as const)('asks for %j as %j', (from, asked) => {
    const { source } = startReading(from)
    expect(source.latest.options).toMatchObject({ from: asked, onOutOfRange: 'clamp' })
  })

  it('takes everything while everything is wanted', async () => {
    const { source, reader } = startReading()
    source.latest.arrive(part(0, 10))
    source.latest.arrive(part(10, 250))
    await turn()
    expect(reader.seen).toMatchObject({ first: 0, last: 249, count: 250, gaps: 0, duplicates: 0 })
    expect(reader.rows.rowCount).toBe(100)
    expect(reader.nextOffset).toBe(250)
    expect(reader.isHolding).toBe(false)
  })

  it('takes a batch in parts as rows are wanted, and asks for none meanwhile', async () => {
    const { source, reader } = startReading()
    reader.rowLimit = 4
    source.latest.arrive(part(0, 10))
    source.latest.arrive(part(10, 20))
    await turn()
    expect(reader.seen.count).toBe(4)
    expect(reader.isHolding).toBe(true)
    expect(source.latest.askedCount).toBe(1)

    reader.rowLimit = 4
    await turn()
    expect(reader.seen.count).toBe(4)
    reader.rowLimit = 13
    await turn()
    expect(reader.seen).toMatchObject({ count: 13, last: 12, gaps: 0 })
    expect(source.latest.askedCount).toBe(2)
    reader.rowLimit = Infinity
    await turn()
    expect(reader.seen).toMatchObject({ count: 20, last: 19, gaps: 0 })
    expect(reader.isHolding).toBe(false)
  })

  it('takes nothing while it is paused, whatever is wanted', async () => {
    const { source, reader } = startReading()
    await turn()
    reader.pause()
    source.latest.arrive(part(0, 10))
    source.latest.arrive(part(10, 20))
    await turn()
    reader.rowLimit = 50
    await turn()
    expect(reader.seen.count).toBe(0)
    expect(reader.isHolding).toBe(false)
    expect(source.latest.askedCount).toBe(1)
    reader.resume()
    await turn()
    expect(reader.seen.count).toBe(20)
  })

  it('puts a notice where records are gone', async () => {
    const { source, reader } = startReading({ kind: 'offset', offset: 5 }, 5)
    await turn()
    source.latest.options.onGap?.({ from: 5, to: 30, reason: 'retention' })
    source.latest.arrive(part(30, 32))
    await turn()
    expect(kinds(reader)).toEqual(['notice', 30, 31])
    expect(reader.seen).toMatchObject({ first: 30, count: 2, gaps: 0, missing: 25 })
  })

  it('says that an offset is beyond the end', async () => {
    const { source, reader } = startReading({ kind: 'offset', offset: 500 }, 40)
    source.latest.arrive(part(40, 41))
    await turn()
    expect(kinds(reader)).toEqual(['notice', 40])
    expect(reader.rows.row(0)).toMatchObject({
      notice: {
        text: 'Offset 500 is beyond the end of the stream (40): showing what comes next',
      },
    })
  })

  it('jumps ahead with a new subscription, and accounts for what is left out', async () => {
    const { source, reader } = startReading()
    reader.rowLimit = 2
    source.latest.arrive(part(0, 10))
    await turn()
    const left = source.latest
    source.startOffset = 1000
    reader.jumpTo(1000)
    reader.rowLimit = Infinity
    await turn()
    expect(left.isClosed).toBe(true)
    expect(source.latest.options.from).toBe(1000)
    source.latest.arrive(part(1000, 1003))
    await turn()
    expect(kinds(reader)).toEqual([0, 1, 'notice', 1000, 1001, 1002])
    expect(reader.seen).toMatchObject({ count: 5, gaps: 0, duplicates: 0, missing: 998 })
  })

  it('does not jump to what it has read already', async () => {
    const { source, reader } = startReading()
    source.latest.arrive(part(0, 10))
    await turn()
    reader.jumpTo(10)
    reader.jumpTo(3)
    expect(source.subscriptions).toHaveLength(1)
  })

  it('ends with the error that ended the subscription, before or after it was open', async () => {
    const refused = startReading({ kind: 'first' }, new Error('no such stream'))
    await turn()
    expect(refused.reader.phase).toBe('ended')
    expect(refused.reader.failure).toEqual(new Error('no such stream'))
    expect(refused.reader.hasBegun).toBe(false)

    const { source, reader } = startReading()
    source.latest.arrive(part(0, 1))
    source.latest.arrive({ error: new Error('damaged') })
    await turn()
    expect(reader).toMatchObject({ phase: 'ended', hasBegun: true, nextOffset: 1 })
    expect(reader.failure).toEqual(new Error('damaged'))
  })

  it('ends for an error that was met elsewhere, also when it waits, and keeps what it has', async () => {
    const { source, reader } = startReading()
    reader.rowLimit = 3
    source.latest.arrive(part(0, 10))
    await turn()
    reader.fail(new Error('deleted'))
    reader.rowLimit = Infinity
    await turn()
    expect(reader).toMatchObject({ phase: 'ended', failure: new Error('deleted') })
    expect(reader.seen.count).toBe(3)
    expect(source.latest.isClosed).toBe(true)
  })

  it('ends without an error when the stream has an end', async () => {
    const { source, reader } = startReading()
    source.latest.arrive('end')
    await turn()
    expect(reader).toMatchObject({ phase: 'ended', failure: undefined })
  })

  it('takes nothing more once it is closed, also when it waits', async () => {
    const { source, reader } = startReading()
    reader.rowLimit = 1
    source.latest.arrive(part(0, 10))
    await turn()
    await reader.close()
    reader.rowLimit = Infinity
    await turn()
    expect(source.latest.isClosed).toBe(true)
    expect(reader.seen.count).toBe(1)
    expect(reader.phase).toBe('reading')
  })

  it('tells of changes and of the rate', async () => {
    const { source, reader, changes } = startReading()
    source.latest.arrive(part(0, 30))
    await turn()
    expect(changes.count).toBeGreaterThan(0)
    expect(reader.rate().recordsPerSecond).toBe(120)
    expect(reader.rate().bytesPerSecond).toBe(12_000)
  })
})

function startReading(from: StartPosition = { kind: 'first' }, startOffset: number | Error = 0) {
  const source = new FakeSource()
  source.startOffset = startOffset
  const changes = { count: 0 }
  const reader = new TailReader({
    stream: source,
    from,
    limits: LIMITS,
    nowMs: () => 0,
    onChange: () => {
      changes.count++
    },
  })
  reader.start()
  return { source, reader, changes }
}

function kinds({ rows }: TailReader): (number | 'notice' | undefined)[] {
  return Array.from({ length: rows.rowCount }, (_, index) => {
    const row = rows.row(rows.startRow + index)
    return row?.kind === 'record' ? row.batch.offset(row.index) : row?.kind
  })
}

/** Lets everything happen that waits for nothing but its turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
