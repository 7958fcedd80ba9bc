/** What a reader's next bytes are asked for, and when it has to wait for them. */

import { describe, expect, it } from 'vitest'
import { AHEAD_BYTES, WarmWindow } from '../../../src/log/warm-window.js'
import { SegmentBytes } from '../../../src/segments/segment-bytes.js'

const MIB = 1024 * 1024
const PIECE = 4 * MIB

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

  /** Ends a read, by default the oldest. */
  async end(error?: Error, at = 0): Promise<void> {
    const [settle] = this.#settle.splice(at, 1)
    settle?.(error)
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

/** Tells whether it has resolved. */
async function isPending(warming: Promise<void> | undefined): Promise<boolean> {
  let pending = true
  void warming?.then(() => (pending = false))
  await new Promise((resolve) => setImmediate(resolve))
  return pending
}

describe('a warm window', () => {
  it('waits for the piece the reader has come to, while those behind it are read', async () => {
    const file = new ColdFile()
    const window = windowOver(file, 128, 40 * MIB)
    const warming = window.warm(128, MIB)
    const pieces = [128, PIECE, 2 * PIECE, 3 * PIECE, 4 * PIECE]
    expect(file.asked).toEqual(pieces.map((start, at) => [start, pieces[at + 1] ?? start + PIECE]))
    expect(await isPending(warming)).toBe(true)
    await file.end()
    expect(await isPending(warming)).toBe(false)
    expect(window.warm(128, MIB)).toBeUndefined()
  })

  it('asks for a piece when the reader has come on by one, and for each once', async () => {
    const file = new ColdFile()
    const window = windowOver(file, 0, 40 * MIB)
    void window.warm(0, MIB)
    expect(file.asked.at(-1)).toEqual([AHEAD_BYTES - PIECE, AHEAD_BYTES])
    const atFirst = file.asked.length
    for (let ended = 0; ended < atFirst; ended += 1) await file.end()
    for (let at = 0; at <= 3; at += 1) expect(window.warm(at * MIB, MIB)).toBeUndefined()
    expect(file.asked.slice(atFirst)).toEqual([[AHEAD_BYTES, AHEAD_BYTES + PIECE]])
    expect(window.warm(PIECE + 8, MIB)).toBeUndefined()
    expect(file.asked.slice(atFirst + 1)).toEqual([[AHEAD_BYTES + PIECE, AHEAD_BYTES + 2 * PIECE]])
  })

  it('never waits for what is in memory, nor asks beyond the end', async () => {
    const file = new ColdFile()
    file.residentTo = 20 * MIB
    const window = windowOver(file, 128, 21 * MIB)
    for (let at = 128; at < 19 * MIB; at += 256 * 1024)
      expect(window.warm(at, 256 * 1024)).toBeUndefined()
    expect(file.asked).toEqual([[20 * MIB, 21 * MIB]])
    expect(await isPending(window.warm(20 * MIB - 8, MIB))).toBe(true)
  })

  it('waits for a run that reaches over what is known to be there', async () => {
    const file = new ColdFile()
    const window = windowOver(file, 0, 3 * PIECE)
    void window.warm(0, MIB)
    await file.end()
    expect(window.warm(PIECE - MIB, MIB)).toBeUndefined()
    const warming = window.warm(PIECE - MIB + 8, MIB)
    expect(await isPending(warming)).toBe(true)
    await file.end()
    await expect(warming).resolves.toBeUndefined()
  })

  it('takes a piece for there only with all before it', async () => {
    const file = new ColdFile()
    const window = windowOver(file, 0, 2 * PIECE)
    const warming = window.warm(0, 2 * PIECE)
    await file.end(undefined, 1)
    expect(await isPending(warming)).toBe(true)
    await file.end()
    await expect(warming).resolves.toBeUndefined()
  })

  it('waits for a run that is longer than what is read ahead', async () => {
    const file = new ColdFile()
    const window = windowOver(file, 0, 10 * PIECE)
    const warming = window.warm(0, AHEAD_BYTES + 2 * PIECE)
    expect(file.asked.at(-1)?.[1]).toBe(AHEAD_BYTES + 2 * PIECE)
    for (let ended = 0; ended < 5; ended += 1) await file.end()
    expect(await isPending(warming)).toBe(true)
    await file.end()
    await expect(warming).resolves.toBeUndefined()
  })

  it('says that the disk cannot read when that is needed, not before, and asks again then', async () => {
    const file = new ColdFile()
    const window = windowOver(file, 0, 2 * PIECE)
    const first = window.warm(0, MIB)
    await file.end()
    await first
    await file.end(new Error('EIO'))
    expect(window.warm(0, MIB)).toBeUndefined()
    expect(file.asked).toHaveLength(2)
    const warming = window.warm(PIECE, MIB)
    expect(file.asked.slice(2)).toEqual([[PIECE, 2 * PIECE]])
    const refused = expect(warming).rejects.toThrow('EIO again')
    await file.end(new Error('EIO again'))
    await refused
    const later = window.warm(PIECE, MIB)
    await file.end()
    await expect(later).resolves.toBeUndefined()
  })

  it('goes on where a reader has jumped to', async () => {
    const file = new ColdFile()
    const window = windowOver(file, 0, 20 * PIECE)
    const warming = window.warm(10 * PIECE, MIB)
    expect(file.asked[0]).toEqual([10 * PIECE, 11 * PIECE])
    await file.end()
    await expect(warming).resolves.toBeUndefined()
    expect(window.warm(10 * PIECE, MIB)).toBeUndefined()
  })
})
