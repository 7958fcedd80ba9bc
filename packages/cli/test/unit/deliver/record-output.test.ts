/** Records on their way to stdout: in order, one write at a time, and never too many at once. */

import { describe, expect, it } from 'vitest'

import { RecordOutput } from '../../../src/deliver/record-output.js'
import { type Output, OutputClosed } from '../../../src/io/output.js'

/** An output that takes a write only when it is told to. */
class SlowOutput {
  readonly #failed = new AbortController()
  readonly taken: string[] = []
  readonly #waiting: (() => void)[] = []
  writeCount = 0

  get failed(): AbortSignal {
    return this.#failed.signal
  }

  throwIfFailed(): void {
    if (this.failed.aborted) throw this.failed.reason as Error
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.writeCount += 1
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.throwIfFailed()
    this.taken.push(Buffer.from(bytes).toString())
  }

  /** Takes the write that waits. */
  async take(): Promise<void> {
    this.#waiting.shift()?.()
    await turn()
  }

  async fail(error: Error): Promise<void> {
    this.#failed.abort(error)
    await this.take()
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function slow() {
  const output = new SlowOutput()
  return { output, records: new RecordOutput(output as unknown as Output) }
}

describe('the output of records', () => {
  it('writes at the end of the turn what came in it', async () => {
    const { output, records } = slow()
    records.buffer.text('a')
    records.schedule()
    records.buffer.text('b')
    records.schedule()
    expect(output.writeCount).toBe(0)
    await turn()
    await output.take()
    expect(output.taken).toEqual(['ab'])
  })

  it('collects while a write is under way, and has one write at a time', async () => {
    const { output, records } = slow()
    records.buffer.text('a')
    await records.settle()
    for (const text of ['b', 'c', 'd']) {
      records.buffer.text(text)
      records.schedule()
      await turn()
    }
    expect(output.writeCount).toBe(1)
    await output.take()
    expect(output.writeCount).toBe(2)
    await output.take()
    expect(output.taken).toEqual(['a', 'bcd'])
  })

  it('holds its caller back until the write before is done', async () => {
    const { output, records } = slow()
    records.buffer.text('a')
    await records.settle()
    records.buffer.text('b')
    let isSettled = false
    const settling = records.settle().then(() => {
      isSettled = true
    })
    await turn()
    expect(isSettled).toBe(false)
    await output.take()
    await settling
    const ending = records.end()
    await output.take()
    await ending
    expect(output.taken).toEqual(['a', 'b'])
  })

  it('is full at a quarter of a mebibyte', () => {
    const { records } = slow()
    records.buffer.text('x'.repeat(256 * 1024 - 1))
    expect(records.isFull).toBe(false)
    records.buffer.text('x')
    expect(records.isFull).toBe(true)
  })

  it('throws why a write failed, at every call after it', async () => {
    const { output, records } = slow()
    records.buffer.text('a')
    records.schedule()
    await turn()
    await output.fail(new OutputClosed('gone'))
    await expect(records.settle()).rejects.toThrow('gone')
    await expect(records.end()).rejects.toThrow('gone')
  })

  it('grows for a batch that is larger than it', async () => {
    const { output, records } = slow()
    const large = 'ü'.repeat(1024 * 1024)
    records.buffer.text(large)
    const ending = records.end()
    await turn()
    await output.take()
    await ending
    expect(output.taken).toEqual([large])
  })
})
