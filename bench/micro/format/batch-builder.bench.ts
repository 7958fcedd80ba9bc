/** Building batches of records: from values, from ranges of a buffer, with keys, and of one record each. */
import { BatchBuilder, BatchView } from '@tailrace/format'
import { mix, someBytes } from '../micro.js'
import type { MicroBench, MicroCase } from '../micro.js'

const RECORD_BYTES = 128
const BATCH_RECORDS = 500
const CREATE_TIME_US = 1_700_000_000_000_000

export const batchBuilderBench: MicroBench = {
  name: 'format/batch-builder',
  open(size) {
    const batches = size === 'full' ? 4 : 1
    const source = someBytes(BATCH_RECORDS * RECORD_BYTES)
    const values = Array.from({ length: BATCH_RECORDS }, (_, at) =>
      source.slice(at * RECORD_BYTES, (at + 1) * RECORD_BYTES),
    )
    const key = someBytes(8)
    const builder = new BatchBuilder()
    const caseOf = (name: string, build: () => Uint8Array, sameAs?: string): MicroCase => ({
      name,
      amount: batches * BATCH_RECORDS,
      unit: 'record',
      unitBytes: RECORD_BYTES,
      ...(sameAs === undefined ? {} : { sameAs }),
      run() {
        let sum = 0
        for (let at = 0; at < batches; at += 1) sum = mix(sum, new BatchView(build()).bodyCheck)
        return sum
      },
    })
    const options = { createTimeUs: CREATE_TIME_US }
    return {
      cases: [
        caseOf(
          'append, build',
          () => {
            for (const value of values) builder.append(value)
            return builder.build(options)
          },
          'values',
        ),
        caseOf(
          'append, buildShared',
          () => {
            for (const value of values) builder.append(value)
            return builder.buildShared(options)
          },
          'values',
        ),
        caseOf(
          'appendRange, buildShared',
          () => {
            for (let at = 0; at < source.length; at += RECORD_BYTES) {
              builder.appendRange(source, at, at + RECORD_BYTES)
            }
            return builder.buildShared(options)
          },
          'values',
        ),
        caseOf('append with a key, build', () => {
          for (const value of values) builder.append(value, { key })
          return builder.build(options)
        }),
        caseOf('a batch for each record', () => {
          let last = source
          for (const value of values) {
            builder.append(value)
            last = builder.buildShared(options)
          }
          return last
        }),
      ],
    }
  },
}
