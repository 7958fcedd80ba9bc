import { describe, expect, it } from 'vitest'
import { CLOSED_BYTES_MAX, ClosedMappings } from '../../../src/storage/closed-mappings.js'
import { collectGarbage } from '../../support/mappings.js'

/** An account whose collections are counted, and free nothing. */
class Rig {
  collections = 0
  readonly mappings: Uint8Array[] = []
  readonly closed = new ClosedMappings(() => {
    this.collections += 1
  })

  close(sizeBytes: number): void {
    const mapping = new Uint8Array(sizeBytes)
    this.mappings.push(mapping)
    this.closed.note(mapping)
  }

  look(times = 1): number {
    for (let at = 0; at < times; at += 1) this.closed.letGo()
    return this.collections
  }
}

describe('ClosedMappings', () => {
  it('collects when as much as the bound was there at the last look, too; not below it', () => {
    const rig = new Rig()
    rig.close(CLOSED_BYTES_MAX - 1)
    expect(rig.look(5)).toBe(0)
    rig.close(1)
    expect(rig.look()).toBe(0)
    expect(rig.look()).toBe(1)
  })

  it('waits twice as long after each attempt that freed nothing', () => {
    const rig = new Rig()
    rig.close(2 * CLOSED_BYTES_MAX)
    rig.look()
    const looksUntil: number[] = []
    for (let attempt = 1; attempt <= 9; attempt += 1) {
      let looks = 0
      while (rig.collections < attempt) looks += rig.look() * 0 + 1
      looksUntil.push(looks)
    }
    expect(looksUntil).toEqual([1, 2, 4, 8, 16, 32, 64, 64, 64])
  })

  it('counts what was really collected, and begins anew after that', async () => {
    const rig = new Rig()
    rig.close(2 * CLOSED_BYTES_MAX)
    expect(rig.look(4)).toBe(2)
    rig.mappings.length = 0
    await collectGarbage()
    expect(rig.closed.bytes).toBe(0)
    expect(rig.look(100)).toBe(2)
    rig.close(2 * CLOSED_BYTES_MAX)
    expect(rig.look(4)).toBeGreaterThan(2)
  })
})
