import { describe, expect, it } from 'vitest'
import {
  producerIdOf,
  producerIdOfName,
  randomProducerId,
} from '../../../src/producers/producer-id.js'
import { errorOf } from '../../support/errors.js'

describe('producer ids', () => {
  it('are derived from a name, always the same, safe and never 0', () => {
    // Frozen: a log written by an earlier release must find its producers again.
    expect(producerIdOfName('billing')).toBe(2_134_206_144_237_281)
    expect(producerIdOfName('Straße')).not.toBe(producerIdOfName('Strasse'))
    for (let at = 0; at < 1000; at += 1) {
      const id = producerIdOfName(String(at))
      expect(Number.isSafeInteger(id) && id > 0).toBe(true)
    }
  })

  it('are random without a name', () => {
    const ids = new Set(Array.from({ length: 1000 }, () => randomProducerId()))
    expect(ids.size).toBe(1000)
    for (const id of ids) expect(Number.isSafeInteger(id) && id > 0).toBe(true)
  })

  it('go on with the id of an anonymous producer', () => {
    expect(producerIdOf({ producerId: 1 })).toBe(1)
    expect(producerIdOf({ producerId: Number.MAX_SAFE_INTEGER })).toBe(Number.MAX_SAFE_INTEGER)
    expect(producerIdOf({ name: 'x'.repeat(255) })).toBeGreaterThan(0)
    expect(producerIdOf({})).toBeGreaterThan(0)
  })

  it.each([
    { name: '' },
    { name: 'x'.repeat(256) },
    { producerId: 0 },
    { producerId: -1 },
    { producerId: 1.5 },
    { producerId: NaN },
    { producerId: 2 ** 53 },
  ])('refuses %o', async (identity) => {
    await errorOf('INVALID_REQUEST', () => producerIdOf(identity))
  })
})
