/** Batches: what goes in comes out, at any address, in exactly the announced bytes. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BatchBuilder,
  BatchView,
  inspectBatch,
  inspectProducedBatch,
  restampProducer,
} from '../../src/index.js'
import { logFields, producer, records } from '../support/arbitraries.js'
import { CREATE_TIME_US, embed, produce, readBack, stamp } from '../support/batches.js'

const none = (bytes: Uint8Array | undefined) => (bytes?.length ? bytes : undefined)

describe('a batch', () => {
  it('gives back every record, field and offset that was put in', () => {
    fc.assert(
      fc.property(records, producer, logFields, (input, identity, log) => {
        const produced = produce(input, identity)
        expect(inspectProducedBatch(produced, 0, produced.length)).toBeUndefined()
        const stored = stamp(produced, log)
        for (const depth of ['structure', 'header', 'whole'] as const) {
          expect(inspectBatch(stored, 0, stored.length, depth)).toBeUndefined()
        }
        const view = new BatchView(embed(stored, 0xaa))
        expect(readBack(view)).toEqual(
          input.map((record) => ({
            value: record.value,
            key: none(record.key),
            headers: none(record.headers),
            timeUs: record.timeUs ?? CREATE_TIME_US,
          })),
        )
        expect(view).toMatchObject({ ...identity, ...log, createTimeUs: CREATE_TIME_US })
        expect(view.offset(input.length - 1)).toBe(view.lastOffset)
        expect(view.nextOffset).toBe(log.baseOffset + input.length)
      }),
    )
  })

  it('has exactly the size that the builder announced before each record', () => {
    fc.assert(
      fc.property(records, (input) => {
        const builder = new BatchBuilder({ capacityBytes: 1 })
        for (const { value, key, headers, timeUs } of input) {
          const announced = builder.sizeWith(
            value.length,
            key?.length,
            headers?.length,
            timeUs !== undefined,
          )
          builder.append(value, { key, headers, timeUs })
          expect(builder.sizeBytes).toBe(announced)
        }
        const size = builder.sizeBytes
        expect(builder.build({ createTimeUs: CREATE_TIME_US })).toHaveLength(size)
      }),
    )
  })

  it('is the same from a used builder as from a fresh one', () => {
    const builder = new BatchBuilder()
    fc.assert(
      fc.property(records, (input) => {
        for (const { value, ...rest } of input) builder.append(value, rest)
        expect(builder.build({ createTimeUs: CREATE_TIME_US })).toEqual(produce(input))
      }),
    )
  })

  it('is the same whichever way its records took', () => {
    const builder = new BatchBuilder()
    const source = new Uint8Array(1000)
    fc.assert(
      fc.property(records, fc.infiniteStream(fc.boolean()), (input, isRange) => {
        for (const { value, ...rest } of input) {
          const hasOptions = Object.values(rest).some((option) => option !== undefined)
          const start = 1 + (value.length % 7)
          if (hasOptions) builder.append(value, rest)
          else if (isRange.next().value === false || start + value.length > source.length) {
            builder.append(value)
          } else {
            source.set(value, start)
            builder.appendRange(source, start, start + value.length)
          }
        }
        expect(builder.build({ createTimeUs: CREATE_TIME_US })).toEqual(produce(input))
      }),
    )
  })

  it('is valid again after new producer fields, with the same records', () => {
    fc.assert(
      fc.property(records, producer, producer, (input, before, after) => {
        const batch = produce(input, before)
        restampProducer(batch, after)
        expect(batch).toEqual(produce(input, after))
      }),
    )
  })
})

describe('times of a batch', () => {
  it('can be built whenever fitsTime said so for each', () => {
    const anyTime = fc.option(fc.nat({ max: 2 ** 33 }), { nil: undefined })
    fc.assert(
      fc.property(fc.array(anyTime, { minLength: 1 }), fc.nat({ max: 2 ** 33 }), (times, now) => {
        const builder = new BatchBuilder()
        const kept = times.filter((timeUs) => {
          const fits = builder.fitsTime(timeUs, now)
          if (fits) builder.append(new Uint8Array(1), { timeUs })
          return fits
        })
        fc.pre(kept.length > 0)
        const view = new BatchView(builder.build({ createTimeUs: now }))
        expect(kept.map((_, i) => view.timeUs(i))).toEqual(kept.map((timeUs) => timeUs ?? now))
      }),
    )
  })
})
