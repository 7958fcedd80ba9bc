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

test('a peer of whom nothing can be expected is never lost, and hears something once a heartbeat', () => {
  const liveness = new Liveness()
  liveness.look(10)
  expect([1, 2, 3, 4, 5, 6].map(() => liveness.excuse())).toEqual([
    'alive',
    'ask',
    'alive',
    'ask',
    'alive',
    'ask',
  ])
})
