/** What the log does to a batch besides copying it: stamp it, and store the commit word. */
import {
  BatchView,
  commitBatch,
  commitBatchOrdered,
  readHeaderWord,
  stampBatch,
} from '@tailrace/format'
import { mix } from '../micro.js'
import type { MicroBench, MicroCase } from '../micro.js'
import { producedBatch } from '../sample-batch.js'

export const stampBatchBench: MicroBench = {
  name: 'format/stamp-batch',
  open(size) {
    const count = size === 'full' ? 1000 : 50
    const batch = producedBatch({ records: 1, recordBytes: 128 })
    const target = batch.slice()
    const view = new DataView(target.buffer)
    const words = new Int32Array(target.buffer)
    const stamp = {
      headerWord: readHeaderWord(batch),
      batchLength: batch.length,
      baseOffset: 0,
      appendTimeUs: 1_700_000_000_000_000,
      epoch: 1,
    }
    const reader = new BatchView(target)
    const stamping = (name: string, each: () => void): MicroCase => ({
      name,
      amount: count,
      unit: 'batch',
      sameAs: 'checks',
      run() {
        let sum = 0
        for (let at = 0; at < count; at += 1) {
          stamp.baseOffset = at
          stampBatch(view, 0, stamp)
          each()
          sum = mix(sum, reader.headerCheck)
        }
        return sum
      },
    })
    return {
      cases: [
        stamping('stamp', () => undefined),
        stamping('stamp, commit', () => commitBatch(view, 0, stamp)),
        stamping('stamp, ordered commit', () => commitBatchOrdered(words, 0, stamp)),
      ],
    }
  },
}
