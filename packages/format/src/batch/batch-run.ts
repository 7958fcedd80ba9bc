/**
 * Walks over a run of whole batches: what a reader gets from the log and a subscriber from the wire.
 *
 * ```
 *   | batch 0          | batch 1    | batch 2                  |
 *   0                  └ + length   └ + length                  bytes.length
 * ```
 */

import { BatchView } from './batch-view.js'

/**
 * Iterates over the batches of a run, in order. Yields the same view each time, moved on.
 *
 * An empty run has no batches. Checks only what `BatchView.wrap` checks; inspect the batches before,
 * or in the loop.
 *
 * @throws {FormatError} while iterating, when the bytes at hand are not a whole batch
 */
export function* batches(bytes: Uint8Array): Generator<BatchView, void, undefined> {
  if (bytes.length === 0) return
  const view = new BatchView(bytes)
  for (let position = 0; position < bytes.length;) {
    // Before the yield: the consumer may move the view.
    const next = position + view.wrap(bytes, position).batchLength
    yield view
    position = next
  }
}

/**
 * Calls `visit` for each batch of a run, in order, with the same view moved on. The loop to use where
 * a generator would cost too much.
 *
 * @throws {FormatError} when the bytes at hand are not a whole batch; batches before were visited
 */
export function forEachBatch(bytes: Uint8Array, visit: (batch: BatchView) => void): void {
  if (bytes.length === 0) return
  const view = new BatchView(bytes)
  for (let position = 0; position < bytes.length;) {
    const next = position + view.wrap(bytes, position).batchLength
    visit(view)
    position = next
  }
}
