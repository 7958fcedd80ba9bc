/** What the model test does to a log. Each command acts on model and log, and compares. */

import fc from 'fast-check'
import { restampProducer } from '@tailrace/format'
import { expect } from 'vitest'
import type { RecordInput } from '../../src/index.js'
import { errorOf } from '../support/errors.js'
import { expectRecords, isSameBytes, produce, range } from '../support/records.js'
import { readFrom, type Model, type Real } from './model-state.js'

type LogCommand = fc.AsyncCommand<Model, Real>

/** A command that always can be run; `toString` is what a counterexample shows. */
function command(
  name: string,
  run: (model: Model, real: Real) => Promise<void>,
  check: (model: Model) => boolean = () => true,
): LogCommand {
  return {
    check,
    toString: () => name,
    async run(model, real) {
      await run(model, real)
      await real.check(model)
    },
  }
}

// --- what is appended ---

const SIZES = [0, 1, 7, 100, 3000, 20_000, 70_000]
const MINUTE_US = 60_000_000

interface PlannedRecord {
  readonly size: number
  readonly fill: number
  readonly key: number | undefined
  readonly headers: number | undefined
  readonly timeShiftUs: number | undefined
}

const plannedRecord: fc.Arbitrary<PlannedRecord> = fc.record({
  size: fc.constantFrom(...SIZES),
  fill: fc.nat({ max: 255 }),
  key: fc.option(fc.constantFrom(0, 3, 40), { nil: undefined }),
  headers: fc.option(fc.constantFrom(0, 5, 60), { nil: undefined }),
  timeShiftUs: fc.option(fc.integer({ min: -10 * MINUTE_US, max: 10 * MINUTE_US }), {
    nil: undefined,
  }),
})

function inputOf(planned: PlannedRecord, clockUs: number): RecordInput {
  const { size, fill, key, headers, timeShiftUs } = planned
  return {
    value: new Uint8Array(size).fill(fill),
    ...(key === undefined ? {} : { key: new Uint8Array(key).fill(fill ^ 1) }),
    ...(headers === undefined ? {} : { headers: new Uint8Array(headers).fill(fill ^ 2) }),
    ...(timeShiftUs === undefined ? {} : { timeUs: clockUs + timeShiftUs }),
  }
}

const someRecords = fc.array(plannedRecord, { minLength: 1, maxLength: 8 })

const append = someRecords.map((planned) =>
  command(`append ${String(planned.length)}`, async (model, { log, clock }) => {
    const inputs = planned.map((record) => inputOf(record, clock.now))
    const result = await log.append(inputs)
    expect(result).toEqual({
      baseOffset: model.endOffset,
      endOffset: model.endOffset + inputs.length,
      isDuplicate: false,
    })
    model.append(inputs, { createUs: clock.now, clockUs: clock.now })
  }),
)

const appendOne = plannedRecord.map((planned) =>
  command('append one', async (model, { log, clock }) => {
    const input = inputOf(planned, clock.now)
    const { baseOffset } = await log.append(input)
    expect(baseOffset).toBe(model.endOffset)
    model.append([input], { createUs: clock.now, clockUs: clock.now })
  }),
)

const appendTogether = fc.array(someRecords, { minLength: 2, maxLength: 6 }).map((lists) =>
  command(`append ${String(lists.length)} at once`, async (model, { log, clock }) => {
    const inputs = lists.map((planned) => planned.map((record) => inputOf(record, clock.now)))
    const results = await Promise.all(inputs.map((list) => log.append(list)))
    for (const [at, list] of inputs.entries()) {
      expect(results[at]?.baseOffset).toBe(model.endOffset)
      model.append(list, { createUs: clock.now, clockUs: clock.now })
    }
  }),
)

const appendExpected = fc
  .tuple(plannedRecord, fc.constantFrom(0, 0, 1, -1, 1000))
  .map(([planned, shift]) =>
    command(`append expecting end + ${String(shift)}`, async (model, { log, clock }) => {
      const input = inputOf(planned, clock.now)
      const expectedOffset = model.endOffset + shift
      if (shift !== 0) {
        const failed = log.append(input, { expectedOffset })
        const error = await errorOf('EXPECTED_OFFSET_MISMATCH', failed)
        expect(error.details).toMatchObject({ expectedOffset, endOffset: model.endOffset })
        return
      }
      await log.append(input, { expectedOffset })
      model.append([input], { createUs: clock.now, clockUs: clock.now })
    }),
  )

const appendBatch = someRecords.map((planned) =>
  command(`append a batch of ${String(planned.length)}`, async (model, { log, clock }) => {
    const inputs = planned.map((record) => ({ ...inputOf(record, clock.now), timeUs: clock.now }))
    const batch = produce(inputs)
    await log.makeRoom(batch.length)
    const { baseOffset } = log.appendBatch(batch, { check: true })
    expect(baseOffset).toBe(model.endOffset)
    model.append(inputs, { createUs: clock.now, clockUs: clock.now })
    await log.flush()
  }),
)

/** More than a segment holds, in records that each fit into one. */
const roll = fc.nat({ max: 255 }).map((fill) =>
  command('roll', async (model, { log, clock }) => {
    for (let count = 0; count < 3; count += 1) {
      const input = { value: new Uint8Array(24_000).fill(fill) }
      await log.append(input)
      model.append([input], { createUs: clock.now, clockUs: clock.now })
    }
  }),
)

// --- producers ---

const PRODUCER_NAMES = ['p1', 'p2', 'p3']

const openProducer = fc.constantFrom(...PRODUCER_NAMES).map((name) =>
  command(`open producer ${name}`, async (model, { log }) => {
    const known = model.producers.get(name)
    const handle = log.openProducer({ name })
    expect(handle.lastSequence).toBe(known === undefined ? -1 : known.nextSequence - 1)
    if (known !== undefined && known.sent.length > 0)
      expect(handle.producerEpoch).toBeGreaterThan(known.handle.producerEpoch)
    const sent = known?.sent ?? []
    model.producers.set(name, { handle, nextSequence: handle.lastSequence + 1, sent })
    await Promise.resolve()
  }),
)

const produceBatch = fc
  .tuple(fc.constantFrom(...PRODUCER_NAMES), someRecords)
  .map(([name, planned]) =>
    command(
      `produce ${String(planned.length)} as ${name}`,
      async (model, { log, clock }) => {
        const producer = model.producers.get(name)
        if (producer === undefined) return
        const inputs = planned.map((record) => ({
          ...inputOf(record, clock.now),
          timeUs: clock.now,
        }))
        const { producerId, producerEpoch } = producer.handle
        const baseSequence = producer.nextSequence
        const bytes = produce(inputs, { producerId, producerEpoch, baseSequence })
        await log.makeRoom(bytes.length)
        const { baseOffset, isDuplicate } = log.appendBatch(bytes)
        expect({ baseOffset, isDuplicate }).toEqual({
          baseOffset: model.endOffset,
          isDuplicate: false,
        })
        model.append(inputs, { createUs: clock.now, clockUs: clock.now })
        producer.nextSequence += inputs.length
        producer.sent.push({ bytes, baseSequence, baseOffset, recordCount: inputs.length })
        await log.flush()
      },
      (model) => model.producers.has(name),
    ),
  )

/** Every batch sent under the current epoch is sent again: stored once, and found where it lies. */
const resend = fc.constantFrom(...PRODUCER_NAMES).map((name) =>
  command(
    `resend all of ${name}`,
    async (model, { log }) => {
      const producer = model.producers.get(name)
      if (producer === undefined) return
      for (const { bytes, baseSequence, baseOffset, recordCount } of producer.sent) {
        restampProducer(bytes, { ...producer.handle, baseSequence })
        expect(log.appendBatch(bytes, { check: true })).toEqual({
          baseOffset,
          endOffset: baseOffset + recordCount,
          isDuplicate: true,
        })
      }
      await Promise.resolve()
    },
    (model) => model.producers.has(name),
  ),
)

const fenced = fc.constantFrom(...PRODUCER_NAMES).map((name) =>
  command(
    `write with an older epoch of ${name}`,
    async (model, { log }) => {
      const producer = model.producers.get(name)
      if (producer === undefined) return
      const { producerId, producerEpoch } = producer.handle
      const batch = produce([{ value: 'too late' }], {
        producerId,
        producerEpoch: producerEpoch - 1,
        baseSequence: producer.nextSequence,
      })
      await log.makeRoom(batch.length)
      await errorOf('FENCED', () => log.appendBatch(batch))
    },
    (model) => model.producers.has(name),
  ),
)

const skipSequence = fc.constantFrom(...PRODUCER_NAMES).map((name) =>
  command(
    `leave out sequences of ${name}`,
    async (model, { log }) => {
      const producer = model.producers.get(name)
      if (producer === undefined || producer.nextSequence === 0) return
      const { producerId, producerEpoch } = producer.handle
      const batch = produce([{ value: 'from the future' }], {
        producerId,
        producerEpoch,
        baseSequence: producer.nextSequence + 5,
      })
      await log.makeRoom(batch.length)
      const error = await errorOf('OUT_OF_SEQUENCE', () => log.appendBatch(batch))
      expect(error.details).toEqual({
        expectedSequence: producer.nextSequence,
        actualSequence: producer.nextSequence + 5,
      })
    },
    (model) => (model.producers.get(name)?.nextSequence ?? 0) > 0,
  ),
)

// --- reading ---

const fraction = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, 0.5, 0.999_999, 1),
)

function between(start: number, end: number, part: number): number {
  return start + Math.floor((end - start) * part)
}

const readOffset = fraction.map((part) =>
  command(`read from ${part.toFixed(2)}`, async (model, { log }) => {
    const from = between(model.startOffset, model.endOffset, part)
    expectRecords(await readFrom(log, from), model.from(from))
  }),
)

const readLast = fc.integer({ min: 0, max: 30 }).map((last) =>
  command(`read the last ${String(last)}`, async (model, { log }) => {
    const from = Math.max(model.startOffset, model.endOffset - last)
    expect(log.resolveOffset({ last })).toBe(from)
    expectRecords(await readFrom(log, from), model.from(from))
  }),
)

const readEnds = fc.constant(
  command('read from first and next', async (model, { log }) => {
    expect(log.resolveOffset('first')).toBe(model.startOffset)
    expect(log.resolveOffset('next')).toBe(model.endOffset)
    expectRecords(await readFrom(log, log.resolveOffset('first')), model.from(model.startOffset))
  }),
)

/** At the time of a record, one microsecond before it and one behind it. */
const readTimestamp = fc.tuple(fraction, fc.constantFrom(-1, 0, 1)).map(([part, shiftUs]) =>
  command(`read from a time ${String(shiftUs)} µs off`, async (model, { log }) => {
    const near = model.records[between(model.startOffset, model.endOffset, part)]
    const timestampUs = (near?.appendTimeUs ?? 1) + shiftUs
    const expected = model.offsetAt(timestampUs)
    expect(log.resolveOffset({ timestampUs })).toBe(expected)
    expect(log.offsetForTimestamp(timestampUs)).toBe(
      expected === model.endOffset ? undefined : expected,
    )
    await Promise.resolve()
  }),
)

const readOutside = fc.constantFrom(-1, 1).map((side) =>
  command(side < 0 ? 'read below the start' : 'read beyond the end', async (model, { log }) => {
    const outside = side < 0 ? model.startOffset - 1 : model.endOffset + 1
    if (outside < 0) return
    const error = await errorOf('OFFSET_OUT_OF_RANGE', () => log.resolveOffset(outside))
    const { startOffset, endOffset } = model
    expect(error.details).toMatchObject({ offset: outside, startOffset, endOffset })
    expect(log.resolveOffset(outside, { onOutOfRange: 'clamp' })).toBe(
      side < 0 ? model.startOffset : model.endOffset,
    )
  }),
)

const readBatches = fc.tuple(fraction, fraction).map(([startPart, endPart]) =>
  command('read batches', async (model, { log }) => {
    const from = between(model.startOffset, model.endOffset, startPart)
    const to = between(from, model.endOffset, endPart)
    const offsets: number[] = []
    for (const batch of log.batches({ from, to })) {
      for (let at = 0; at < batch.recordCount; at += 1) {
        const expected = model.records[batch.offset(at)]
        offsets.push(batch.offset(at))
        expect(isSameBytes(batch.value(at), expected?.value)).toBe(true)
        expect(batch.appendTimeUs).toBe(expected?.appendTimeUs)
      }
    }
    // Whole batches that touch the range: they may begin before it and end behind it.
    const first = offsets[0] ?? from
    const end = first + offsets.length
    expect(offsets).toEqual(range(first, end))
    if (to > from) expect(first <= from && end >= to).toBe(true)
    else expect(offsets).toEqual([])
    await Promise.resolve()
  }),
)

/** A reader at a byte budget that only just takes a batch, or several. */
const readRuns = fc.tuple(fraction, fc.constantFrom(1, 4096, 1_000_000)).map(([part, maxBytes]) =>
  command(`read runs of ${String(maxBytes)} bytes`, async (model, { log }) => {
    const from = between(model.startOffset, model.endOffset, part)
    const reader = log.reader(from)
    let next = from
    for (let run = reader.next(maxBytes); run !== undefined; run = reader.next(maxBytes)) {
      expect(run.baseOffset <= next).toBe(true)
      expect(run.endOffset > next).toBe(true)
      next = run.endOffset
      expect(reader.nextOffset).toBe(next)
    }
    expect(next).toBe(model.endOffset)
    await Promise.resolve()
  }),
)

/** Follows from an offset to the tail, and on as records are appended; is aborted at the tail. */
const follow = fc.tuple(fraction, someRecords).map(([part, planned]) =>
  command('follow', async (model, { log, clock }) => {
    const from = between(model.startOffset, model.endOffset, part)
    const inputs = planned.map((record) => inputOf(record, clock.now))
    const end = model.endOffset + inputs.length
    const abort = new AbortController()
    const records = log.read({ from, follow: true, signal: abort.signal })
    const seen: number[] = []
    while (seen.length < end - from) {
      if (from + seen.length === model.endOffset && log.endOffset === model.endOffset) {
        // At the tail: the append comes while the reader waits for it.
        const next = records.next()
        await log.append(inputs)
        seen.push((await next).value?.offset ?? -1)
      } else {
        seen.push((await records.next()).value?.offset ?? -1)
      }
    }
    const waiting = records.next()
    abort.abort()
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
    model.append(inputs, { createUs: clock.now, clockUs: clock.now })
    expect(seen).toEqual(range(from, end))
  }),
)

// --- time, retention, trimming, opening again ---

const tick = fc.constantFrom(0, 0, 1, 999, 1000, 60_000_000, 3_600_000_000, -5000).map((us) =>
  command(`the clock goes on by ${String(us)} µs`, async (_, { clock }) => {
    clock.now += us
    await Promise.resolve()
  }),
)

const trim = fraction.map((part) =>
  command(`trim to ${part.toFixed(2)}`, async (model, real) => {
    const { log } = real
    // Retention runs behind a flush: let it come first.
    await log.flush()
    await real.storage.quiet()
    real.checkRetained(model)
    const offset = Math.min(between(model.startOffset, model.endOffset + 1, part), model.endOffset)
    expect(await log.trim(offset)).toBe(offset)
    model.startOffset = offset
  }),
)

/** Whole segments go: at least what is above the bound, and everything once all of it is too old. */
const retain = fc.constant(
  command('apply retention', async (model, real) => {
    const { log, clock } = real
    await log.flush()
    await log.applyRetention()
    const { sizeBytes, segmentCount, startOffset } = log.describe()
    const { retentionBytes, retentionMs } = log.config
    if (retentionBytes !== null)
      expect(sizeBytes <= retentionBytes || segmentCount === 1).toBe(true)
    const youngestUs = model.records.at(-1)?.appendTimeUs ?? Infinity
    const isAllOld = retentionMs !== null && youngestUs < clock.now - retentionMs * 1000
    if (isAllOld) expect(startOffset).toBe(model.endOffset)
  }),
)

const flush = fc.constant(
  command('flush', async (model, { log }) => {
    await log.flush()
    expect(log.durableOffset).toBe(model.endOffset)
  }),
)

/** Producers are opened again, as they must be after a restart. */
function reopenProducers(model: Model, real: Real): void {
  for (const [name, producer] of model.producers) {
    const before = producer.handle
    producer.handle = real.log.openProducer({ name })
    if (producer.sent.length > 0) {
      expect(producer.handle.lastSequence).toBe(producer.nextSequence - 1)
      expect(producer.handle.producerId).toBe(before.producerId)
    }
  }
}

const reopen = fc.constant(
  command('reopen', async (model, real) => {
    await real.reopen()
    expect(real.log.recovery).toMatchObject({ rebuilt: [] })
    expect(real.log.recovery.tornTail).toBeUndefined()
    reopenProducers(model, real)
  }),
)

const reopenKilled = fc.constant(
  command('kill and reopen', async (model, real) => {
    await real.reopenKilled()
    expect(real.log.recovery.tornTail).toBeUndefined()
    expect(real.log.recovery.damage).toBeUndefined()
    reopenProducers(model, real)
  }),
)

/** All of them, appends more often than the rest. */
export const commands = [
  append,
  append,
  appendOne,
  appendTogether,
  appendExpected,
  appendBatch,
  roll,
  openProducer,
  openProducer,
  produceBatch,
  produceBatch,
  resend,
  fenced,
  skipSequence,
  readOffset,
  readLast,
  readEnds,
  readTimestamp,
  readTimestamp,
  readOutside,
  readBatches,
  readRuns,
  follow,
  tick,
  tick,
  tick,
  trim,
  retain,
  flush,
  reopen,
  reopenKilled,
]
