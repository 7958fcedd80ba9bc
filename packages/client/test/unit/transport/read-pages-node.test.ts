/** What memory a connection reads into, by its pace. */
import { describe, expect, it } from 'vitest'
import { ReadPages, READ_BYTES_MIN } from '../../../src/transport/read-pages-node.js'

const MIB = 1024 * 1024

function pagesAt(pace: { ms: number }): ReadPages {
  let nowMs = 0
  return new ReadPages({ elapsedMs: () => (nowMs += pace.ms) })
}

describe('the pages of a connection', () => {
  it('begin small, and the small one is read into again', () => {
    const pages = pagesAt({ ms: 1000 })
    const first = pages.first()
    expect(first.length).toBe(2 * READ_BYTES_MIN)
    expect(pages.isLendable(first)).toBe(false)
    for (let mib = 0; mib < 3; mib += 1) pages.noteRead(MIB)
    expect(pages.isOutgrown(first)).toBe(false)
    const forMessage = pages.forMessage(300_000)
    expect(forMessage.length).toBe(300_000)
    expect(pages.isLendable(forMessage)).toBe(true)
    expect(pages.next(forMessage, true) === first).toBe(true)
  })

  it('are large where a MiB comes in less than 8 ms, until one takes 16', () => {
    const pace = { ms: 7 }
    const pages = pagesAt(pace)
    const first = pages.first()
    pages.noteRead(MIB - 1)
    expect(pages.isOutgrown(first)).toBe(false)
    pages.noteRead(1)
    expect(pages.isOutgrown(first)).toBe(true)
    const page = pages.next(first, false)
    expect(page.length).toBe(MIB)
    expect(pages.next(page, false) === page).toBe(true)
    expect(pages.next(page, true) === page).toBe(false)
    expect(pages.forMessage(300_000).length).toBe(MIB)
    pace.ms = 15
    pages.noteRead(MIB)
    expect(pages.next(page, true).length).toBe(MIB)
    pace.ms = 16
    pages.noteRead(MIB)
    expect(pages.next(page, true) === first).toBe(true)
    pace.ms = 8
    pages.noteRead(MIB)
    expect(pages.next(page, true) === first).toBe(true)
  })
})
