/** When a silent peer is asked, and when it is given up. Two looks are one heartbeat. */

import { expect, test } from 'vitest'

import { Liveness } from '../../../src/session/liveness.js'

test('is asked after one heartbeat of silence and lost after two', () => {
  const liveness = new Liveness()
  expect(liveness.look(10)).toBe('alive')
  expect([10, 10, 10, 10].map((sign) => liveness.look(sign))).toEqual([
    'alive',
    'ask',
    'alive',
    'lost',
  ])
})

test('any sign begins the silence anew', () => {
  const liveness = new Liveness()
  liveness.look(10)
  liveness.look(10)
  expect(liveness.look(10)).toBe('ask')
  expect(liveness.look(11)).toBe('alive')
  expect(liveness.look(11)).toBe('alive')
  expect(liveness.look(11)).toBe('ask')
})

test('a peer of whom nothing can be expected is not counted as silent', () => {
  const liveness = new Liveness()
  for (let look = 0; look < 10; look += 1) {
    liveness.look(10)
    expect(liveness.excuse()).toBe('alive')
  }
})
