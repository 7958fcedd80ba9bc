/** Every micro bench, by package. */
import { codecsBench } from './client/codecs.bench.js'
import { appendBench } from './core/append.bench.js'
import { seekBench } from './core/seek.bench.js'
import { batchBuilderBench } from './format/batch-builder.bench.js'
import { batchInspectorBench } from './format/batch-inspector.bench.js'
import { batchViewBench } from './format/batch-view.bench.js'
import { crc32Bench } from './format/crc32.bench.js'
import { indexEntriesBench } from './format/index-entries.bench.js'
import { stampBatchBench } from './format/stamp-batch.bench.js'
import type { MicroBench } from './micro.js'
import { ackBench } from './protocol/ack.bench.js'
import { frameBench } from './protocol/frame.bench.js'
import { websocketMaskBench } from './protocol/websocket-mask.bench.js'

export const MICRO_BENCHES: readonly MicroBench[] = [
  crc32Bench,
  batchBuilderBench,
  batchViewBench,
  batchInspectorBench,
  stampBatchBench,
  indexEntriesBench,
  appendBench,
  seekBench,
  frameBench,
  ackBench,
  websocketMaskBench,
  codecsBench,
]
