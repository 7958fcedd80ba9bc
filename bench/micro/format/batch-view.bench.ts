/** Reading a run of stored batches: a view of each value, where it lies, and the batches only. */
import { BatchView, batches, forEachBatch } from '@tailrace/format'
import type { MicroBench, MicroCase } from '../micro.js'
import { storedBatches } from '../sample-batch.js'

const SHAPE = { records: 500, recordBytes: 128 }

export const batchViewBench: MicroBench = {
  name: 'format/batch-view',
  open(size) {
    const count = size === 'full' ? 8 : 2
    const run = storedBatches(SHAPE, count)
    const perRecord = {
      amount: count * SHAPE.records,
      unit: 'record',
      unitBytes: SHAPE.recordBytes,
    }
    const visiting = (name: string, visit: (batch: BatchView) => number): MicroCase => ({
      ...perRecord,
      name,
      sameAs: 'first bytes',
      run() {
        let sum = 0
        forEachBatch(run, (batch) => {
          sum += visit(batch)
        })
        return sum
      },
    })
    return {
      cases: [
        visiting('value(i)', (batch) => {
          let sum = 0
          for (let at = 0; at < batch.recordCount; at += 1) sum += batch.value(at)[0] ?? 0
          return sum
        }),
        visiting('valueStart(i)', (batch) => {
          let sum = 0
          for (let at = 0; at < batch.recordCount; at += 1) sum += run[batch.valueStart(at)] ?? 0
          return sum
        }),
        {
          name: 'batches(), header fields',
          amount: count,
          unit: 'batch',
          run() {
            let sum = 0
            for (const batch of batches(run)) sum += batch.nextOffset + batch.headerCheck
            return sum
          },
        },
        {
          name: 'indexOfOffset(offset)',
          amount: SHAPE.records,
          unit: 'look-up',
          run() {
            const view = new BatchView(run)
            let sum = 0
            for (let offset = 0; offset < SHAPE.records; offset += 1)
              sum += view.indexOfOffset(offset)
            return sum
          },
        },
      ],
    }
  },
}
