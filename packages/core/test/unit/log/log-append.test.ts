import { describe, expect, it } from 'vitest'
import { BATCH_LENGTH_MAX } from '@tailrace/format'
import { segmentFiles } from '../../support/files.js'
import { errorOf, thrownBy } from '../../support/errors.js'
import { START_US } from '../../support/manual-clock.js'
import { produce, readAll, sized, text, textOf, valuesOf } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { openTestLog, SMALL } from '../../support/test-store.js'

describe('Log.append', () => {
  it('stores one record, a list, text and bytes, keys, headers and times', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log, clock } = opened
    expect(await log.append({ value: 'plain' })).toEqual({
      baseOffset: 0,
      endOffset: 1,
      isDuplicate: false,
    })
    clock.now += 7
    const full = { value: text('v'), key: 'k', headers: text('h'), timeUs: START_US - 1 }
    expect((await log.append([full, { value: '', key: '' }])).baseOffset).toBe(1)
    expect(await readAll(log, { from: 0 })).toEqual([
      {
        offset: 0,
        value: text('plain'),
        key: undefined,
        headers: undefined,
        timeUs: START_US,
        appendTimeUs: START_US,
      },
      {
        offset: 1,
        value: text('v'),
        key: text('k'),
        headers: text('h'),
        timeUs: START_US - 1,
        appendTimeUs: START_US + 7,
      },
      {
        offset: 2,
        value: text(''),
        key: undefined,
        headers: undefined,
        timeUs: START_US + 7,
        appendTimeUs: START_US + 7,
      },
    ])
  })

  it('copies its input before it returns', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const value = text('before')
    const appended = opened.log.append({ value })
    value.set(text('after!'))
    await appended
    expect(await valuesOf(opened.log)).toEqual(['before'])
  })

  it('refuses nothing at all, and appends nothing of a list with a bad record', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    expect(await thrownBy(log.append([]))).toBeInstanceOf(RangeError)
    for (const timeUs of [-1, NaN, 0.5, 2 ** 53]) {
      const bad = log.append([{ value: 'good' }, { value: 'bad', timeUs }])
      expect(await thrownBy(bad)).toBeInstanceOf(RangeError)
    }
    const none = [{ value: 'good' }, { value: undefined as unknown as string }]
    expect(await thrownBy(log.append(none))).toBeInstanceOf(TypeError)
    expect(log.endOffset).toBe(0)
    await log.append({ value: 'after' })
    expect(await valuesOf(log)).toEqual(['after'])
  })

  it('takes the largest batch there is and refuses one byte more', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log } = opened
    const overhead = 72 + 4
    const largest = sized(1, BATCH_LENGTH_MAX - overhead)
    await errorOf('BATCH_TOO_LARGE', log.append({ value: new Uint8Array(largest.length + 5) }))
    await errorOf('BATCH_TOO_LARGE', log.append([{ value: largest }, { value: '' }]))
    expect(log.endOffset).toBe(0)
    await log.append({ value: largest })
    await log.append({ value: 'small' })
    const [first, second] = await readAll(log, { from: 0 })
    expect(Buffer.compare(first?.value ?? text(''), largest)).toBe(0)
    expect(textOf(second?.value ?? text(''))).toBe('small')
  })

  it('checks the expected offset when it is its turn, and says where the log ends', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    const [first, second] = await Promise.allSettled([
      log.append({ value: 'one' }, { expectedOffset: 0 }),
      log.append({ value: 'two' }, { expectedOffset: 0 }),
    ])
    expect(first.status).toBe('fulfilled')
    expect(second).toMatchObject({ reason: { code: 'EXPECTED_OFFSET_MISMATCH' } })
    for (const expectedOffset of [0, 2, -1, NaN, 0.5]) {
      await errorOf('EXPECTED_OFFSET_MISMATCH', log.append({ value: 'x' }, { expectedOffset }))
    }
    expect(await valuesOf(log)).toEqual(['one'])
  })

  it('lets append times stand still when the clock goes back, also over a reopening', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path)
      await opened.log.append({ value: '1' })
      opened.clock.advanceMs(-1000)
      await opened.log.append({ value: '2' })
    }
    await using opened = await openTestLog(directory.path)
    opened.clock.now = 5
    await opened.log.append({ value: '3' })
    const records = await readAll(opened.log, { from: 0 })
    expect(records.map(({ appendTimeUs }) => appendTimeUs)).toEqual([START_US, START_US, START_US])
    expect(records.map(({ timeUs }) => timeUs)).toEqual([START_US, START_US - 1_000_000, 5])
    expect(opened.log.describe().lastAppendUs).toBe(START_US)
  })

  it('gives a first batch that is larger than the first segment the place of it', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    await opened.log.append({ value: sized(1, 200_000) })
    await opened.log.append({ value: 'next' })
    await opened.storage.quiet()
    expect(segmentFiles(directory.path, 's')).toEqual([
      '00000000000000000000.log',
      '00000000000000000001.log',
    ])
  })
})

describe('Log.appendBatch', () => {
  it('needs room, and says so', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    const batch = produce([{ value: sized(0, 100_000) }])
    expect(log.hasRoomFor(batch.length)).toBe(false)
    expect(() => log.appendBatch(batch)).toThrow()
    expect(log.endOffset).toBe(0)
    await log.makeRoom(batch.length)
    expect(log.hasRoomFor(batch.length)).toBe(true)
    expect(log.appendBatch(batch)).toMatchObject({ baseOffset: 0, endOffset: 1 })
    expect(log.visibleOffset).toBe(0)
    await log.flush()
    expect(log.visibleOffset).toBe(1)
  })

  it('refuses to make room for more than a batch can be', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    await errorOf('BATCH_TOO_LARGE', opened.log.makeRoom(BATCH_LENGTH_MAX + 8))
    await opened.log.makeRoom(BATCH_LENGTH_MAX)
    expect(opened.log.hasRoomFor(BATCH_LENGTH_MAX)).toBe(true)
  })

  it('checks the batch if it is asked to', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    const batch = produce([{ value: 'whole' }])
    for (let at = 0; at < batch.length; at += 1) {
      const isLogField = at >= 8 && at < 32
      if (isLogField) continue
      const flipped = batch.slice()
      flipped[at] = (flipped[at] ?? 0) ^ 0x10
      expect(
        await thrownBy(() => log.appendBatch(flipped, { check: true })),
        String(at),
      ).toMatchObject({ name: 'FormatError' })
    }
    expect(log.endOffset).toBe(0)
    log.appendBatch(batch, { check: true })
    await log.flush()
    expect(await valuesOf(log)).toEqual(['whole'])
  })

  it('refuses bytes behind the batch: they would become a part of it', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    const batch = produce([{ value: 'whole' }])
    const longer = new Uint8Array(batch.length + 8)
    longer.set(batch)
    const twice = new Uint8Array(batch.length * 2)
    twice.set(batch)
    twice.set(batch, batch.length)
    for (const bytes of [longer, twice]) {
      const error = await errorOf('INVALID_FIELD', () => log.appendBatch(bytes, { check: true }))
      expect(error.message).toContain('batchLength')
      expect(() => log.appendBatch(bytes)).toThrow()
    }
    expect(log.endOffset).toBe(0)
  })

  it('takes a batch that lies anywhere in a larger buffer', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const batch = produce([{ value: 'moved' }])
    for (let shift = 0; shift < 9; shift += 1) {
      const buffer = new Uint8Array(batch.length + 16)
      buffer.set(batch, shift)
      opened.log.appendBatch(buffer.subarray(shift, shift + batch.length), { check: true })
    }
    await opened.log.flush()
    expect(await valuesOf(opened.log)).toEqual(Array<string>(9).fill('moved'))
  })

  it('stores the same bytes but for what the log stamps', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const batch = produce([{ value: 'a', key: 'k' }, { value: 'b' }])
    opened.log.appendBatch(batch)
    await opened.log.flush()
    const stored = opened.log.reader(0).next(1e6)?.bytes.slice() ?? text('')
    expect(stored.subarray(0, 8)).toEqual(batch.subarray(0, 8))
    expect(stored.subarray(32)).toEqual(batch.subarray(32))
  })
})
