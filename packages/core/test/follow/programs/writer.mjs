// The writer of a data directory, as a program that can be killed.

import { openStore } from '@tailrace/core'
import { serveJobs, tell } from './serve-jobs.mjs'
import { integers, valueAt } from './values.mjs'

let store
let isRunning = false

/** Appends in the order of the calls, also while some wait for room: the offsets are known beforehand. */
function appender(log, plan) {
  let nextOffset = log.endOffset
  return async (count) => {
    const offset = nextOffset
    nextOffset += count
    await log.append(
      Array.from({ length: count }, (_, at) => ({ value: valueAt(plan, offset + at) })),
    )
  }
}

serveJobs({
  async open({ directory, stream, config, fixedTimeUs }) {
    // A clock that stands still makes two runs write the same bytes.
    const clock = fixedTimeUs === undefined ? {} : { clock: { nowUs: () => fixedTimeUs } }
    store = await openStore(directory, clock)
    const log = await store.ensure(stream, config)
    const { startOffset, endOffset, epoch, streamId } = log
    return { startOffset, endOffset, epoch, streamId, processId: process.pid }
  },

  async append({ stream, plan, until }) {
    const log = await store.open(stream)
    const draw = integers(plan.seed)
    const append = appender(log, plan)
    while (log.endOffset < until) {
      await append(Math.min(1 + draw(plan.recordsMax ?? 4), until - log.endOffset))
    }
    return { endOffset: log.endOffset }
  },

  // Appends until it is told to stop, or killed; tells what is acknowledged.
  async run({ stream, plan, lanes = 4 }) {
    const log = await store.open(stream)
    const draw = integers(plan.seed)
    const append = appender(log, plan)
    isRunning = true
    const lane = async () => {
      while (isRunning) {
        await append(1 + draw(plan.recordsMax ?? 4))
        // Not even a relaxed stream may keep the process from hearing the test.
        await new Promise((resolve) => setImmediate(resolve))
        tell({ news: 'acknowledged', endOffset: log.durableOffset })
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    return { endOffset: log.endOffset }
  },

  stop() {
    isRunning = false
  },

  async trim({ stream, beforeOffset }) {
    const log = await store.open(stream)
    return { startOffset: await log.trim(beforeOffset) }
  },

  /** Syncs; cuts what was rolled; applies retention. */
  async settle({ stream }) {
    const log = await store.open(stream)
    await log.flush()
    await log.applyRetention()
    return log.describe()
  },

  async describe({ stream }) {
    return (await store.open(stream)).describe()
  },

  async delete({ stream }) {
    await store.delete(stream)
  },

  async ensure({ stream, config }) {
    const { epoch, streamId } = await store.ensure(stream, config)
    return { epoch, streamId }
  },

  async close() {
    await store.close()
  },
})
