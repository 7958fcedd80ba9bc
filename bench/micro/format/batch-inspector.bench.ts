/** Inspecting batches: what the server does with each that comes, and a reader with each that it gets. */
import { BatchView, inspectBatch, inspectProducedBatch } from '@tailrace/format'
import type { MicroBench, MicroCase } from '../micro.js'
import { producedBatch, storedBatches } from '../sample-batch.js'

const SHAPES = {
  '500 × 128 B': { records: 500, recordBytes: 128 },
  '1 × 128 B': { records: 1, recordBytes: 128 },
}

export const batchInspectorBench: MicroBench = {
  name: 'format/batch-inspector',
  open(size) {
    const count = size === 'full' ? 100 : 10
    return {
      cases: Object.entries(SHAPES).flatMap(([name, shape]): MicroCase[] => {
        const stored = storedBatches(shape, 1)
        const produced = producedBatch(shape)
        const inspecting = (what: string, defectOf: () => object | undefined): MicroCase => ({
          name: `${what}, ${name}`,
          amount: count,
          unit: 'batch',
          unitBytes: stored.length,
          sameAs: 'all valid',
          run() {
            let valid = 0
            for (let at = 0; at < count; at += 1) if (defectOf() === undefined) valid += 1
            return valid
          },
        })
        return [
          inspecting('header', () => inspectBatch(stored, 0, stored.length, 'header')),
          inspecting('structure', () => inspectBatch(stored, 0, stored.length, 'structure')),
          inspecting('whole', () => inspectBatch(stored, 0, stored.length, 'whole')),
          inspecting('produced', () => inspectProducedBatch(produced, 0, produced.length)),
          {
            name: `wrapped by a view only, ${name}`,
            amount: count,
            unit: 'batch',
            run() {
              const view = new BatchView(stored)
              let sum = 0
              for (let at = 0; at < count; at += 1) sum += view.wrap(stored, 0).batchLength
              return sum
            },
          },
        ]
      }),
    }
  },
}
