/**
 * The way of records to stdout: collected in a large buffer, written while the next one is filled.
 *
 * A full buffer is written at once, and `settle` holds the caller back until the write before it is
 * done: two buffers, no queue. What is in a buffer that is not full is written at the end of the event
 * loop's turn, so that a record that comes alone is seen at once.
 */

import { type Output } from '../io/output.js'
import { OutputBuffer } from './output-buffer.js'

/** Size at which a buffer is written. Larger writes are not faster, smaller ones are slower. */
const FULL_BYTES = 256 * 1024
const CAPACITY_BYTES = 2 * FULL_BYTES

/** Writes what is collected. */
export class RecordOutput {
  readonly #output: Output
  #filling = new OutputBuffer(CAPACITY_BYTES)
  #spare = new OutputBuffer(CAPACITY_BYTES)
  #writing: Promise<void> | undefined
  #isScheduled = false

  constructor(output: Output) {
    this.#output = output
  }

  /** Where to write records now; ask again after every {@link settle}. */
  get buffer(): OutputBuffer {
    return this.#filling
  }

  /** Whether so much is collected that it should be written before more is. */
  get isFull(): boolean {
    return this.#filling.sizeBytes >= FULL_BYTES
  }

  /** Has what is collected written at the end of the event loop's turn. */
  schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      void this.#begin()
    })
  }

  /**
   * Begins to write what is collected, once the write before is done.
   *
   * @throws {OutputClosed} the reader of stdout has gone
   */
  async settle(): Promise<void> {
    await this.#begin()
    this.#output.throwIfFailed()
  }

  /** Resolves when all that was collected is written. Throws as {@link settle}. */
  async end(): Promise<void> {
    await this.#begin()
    await this.#writing
    this.#output.throwIfFailed()
  }

  /** Never rejects: the output keeps why a write failed. */
  async #begin(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
    if (this.#filling.sizeBytes === 0 || this.#output.failed.aborted) return
    const full = this.#filling
    this.#filling = this.#spare
    this.#spare = full
    const done = () => {
      full.clear()
      this.#writing = undefined
    }
    this.#writing = this.#output.write(full.view()).then(done, done)
  }
}
