/** What a reader's next bytes are asked for, and when it has to wait for them. */

import { describe, expect, it } from 'vitest'
import { WarmWindow } from '../../../src/log/warm-window.js'
import { SegmentBytes } from '../../../src/segments/segment-bytes.js'

const MIB = 1024 * 1024
const WINDOW = 8 * MIB

/** A file whose pages are in memory up to a position; reads end when the test says so. */
class ColdFile {
  readonly bytes = new Uint8Array(8)
  readonly asked: [number, number][] = []
  residentTo = 0
  #settle: ((error?: Error) => void)[] = []

  readAhead(start: number, end: number): Promise<void> | undefined {
    if (end <= this.residentTo) return undefined
    this.asked.push([start, end])
    return new Promise((resolve, reject) => {
      this.#settle.push((error) => {
        if (error === undefined) resolve()
        else reject(error)
      })
    })
  }

  /** Ends the oldest read. */
  async end(error?: Error): Promise<void> {
    this.#settle.shift()?.(error)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function windowOver(file: ColdFile, start: number, end: number): WarmWindow {
  const contents = new SegmentBytes({
    bytes: file.bytes,
    readAhead: (from: number, to: number) => file.readAhead(from, to),
    wrote: () => undefined,
    sync: () => Promise.resolve(),
    close: () => undefined,
  })
  return new WarmWindow(contents, start, end)
}

describe('a warm window', () => {
  it('waits for the first window, and has the next one read while that is handed out', async () => {
    const file = new ColdFile()
    const window = windowOver(file, 128, 20 * MIB)
    let isWarm = false
    const warming = window.warm(128, MIB)
    void warming?.then(() => (isWarm = true))
    expect(warming).toBeDefined()
    expect(file.asked).toEqual([[128, 128 + WINDOW]])
    await new Promise((resolve) => setImmediate(resolve))
    expect(isWarm).toBe(false)
    await file.end()
    expect(isWarm).toBe(true)
    // One ahead, and no more however often it is asked.
    for (let at = 0; at < 3; at += 1) expect(window.warm(128 + at * MIB, MIB)).toBeUndefined()
    expect(file.asked.slice(1)).toEqual([[128 + WINDOW, 128 + 2 * WINDOW]])
    await file.end()
    expect(window.warm(128 + WINDOW, MIB)).toBeUndefined()
    expect(file.asked.slice(2)).toEqual([[128 + 2 * WINDOW, 20 * MIB]])
  })

  it('never waits for what is in memory, nor asks beyond the end', () => {
    const file = new ColdFile()
    file.residentTo = 20 * MIB
    const window = windowOver(file, 128, 20 * MIB)
    for (let at = 128; at < 20 * MIB; at += 256 * 1024)
      expect(window.warm(at, 256 * 1024)).toBeUndefined()
    expect(file.asked).toEqual([])
  })

  it('waits for a run that reaches over what is known to be there', async () => {
    const file = new ColdFile()
    const window = windowOver(file, 0, 3 * WINDOW)
    void window.warm(0, MIB)
    await file.end()
    expect(window.warm(WINDOW - MIB, MIB)).toBeUndefined()
    const warming = window.warm(WINDOW - MIB + 8, MIB)
    expect(warming).toBeDefined()
    await file.end()
    await expect(warming).resolves.toBeUndefined()
  })

  it('says that the disk cannot read when that is needed, not before, and asks again then', async () => {
    const file = new ColdFile()
    const window = windowOver(file, 0, 3 * WINDOW)
    const first = window.warm(0, MIB)
    await file.end()
    await first
    expect(window.warm(0, MIB)).toBeUndefined()
    await file.end(new Error('EIO'))
    // What is there is still there.
    file.residentTo = WINDOW
    const warming = window.warm(WINDOW, MIB)
    expect(warming).toBeDefined()
    const refused = expect(warming).rejects.toThrow('EIO again')
    await file.end(new Error('EIO again'))
    await refused
  })

  it('goes on where a reader has jumped to', async () => {
    const file = new ColdFile()
    const window = windowOver(file, 0, 10 * WINDOW)
    void window.warm(5 * WINDOW, MIB)
    expect(file.asked).toEqual([[5 * WINDOW, 6 * WINDOW]])
    await file.end()
    expect(window.warm(5 * WINDOW, MIB)).toBeUndefined()
  })
})
