/** Walking over a run of batches. */

import { describe, expect, it } from 'vitest'
import { type BatchView, FormatError, batches, forEachBatch } from '../../../src/index.js'
import { embed, fullBatch, run } from '../../support/batches.js'

const walks = {
  batches: (bytes: Uint8Array, visit: (batch: BatchView) => void) => {
    for (const batch of batches(bytes)) visit(batch)
  },
  forEachBatch,
}

describe.each(Object.entries(walks))('%s', (_, walk) => {
  const { bytes, positions } = run()

  it('visits every batch in order with one view', () => {
    const seen: [number, number][] = []
    const views = new Set<BatchView>()
    walk(embed(bytes, 0x54), (batch) => {
      seen.push([batch.position, batch.baseOffset])
      views.add(batch)
    })
    expect(seen).toEqual(positions.map((position, i) => [position, i]))
    expect(views.size).toBe(1)
  })

  it('visits nothing in no bytes', () => {
    walk(new Uint8Array(0), () => expect.unreachable())
  })

  it('goes on where it was when the visitor moves the view', () => {
    const elsewhere = fullBatch()
    const seen: number[] = []
    walk(bytes, (batch) => {
      seen.push(batch.baseOffset)
      batch.wrap(elsewhere, 0)
    })
    expect(seen).toEqual([0, 1, 2])
  })

  it('throws at the first byte that belongs to no batch, after what came before', () => {
    for (const cut of [1, 8, 72, 79]) {
      let visited = 0
      expect(() => {
        walk(bytes.subarray(0, (positions[1] ?? 0) + cut), () => visited++)
      }).toThrow(FormatError)
      expect(visited).toBe(1)
    }
  })
})
