import { expect, test } from 'vitest'

import { backOffDelayMs } from '../../../src/connection/back-off.js'
import { seededRandom } from '../../support/seeded-random.js'

const options = { baseMs: 100, maxMs: 10_000 }
const almostOne = (): number => 0.999_999

test('doubles the bound with each attempt, up to the maximum', () => {
  const bounds = [0, 1, 2, 3, 6, 7, 8].map((attempt) => backOffDelayMs(attempt, options, almostOne))
  expect(bounds).toEqual([99, 199, 399, 799, 6399, 9999, 9999])
})

test('stays at the maximum however many attempts there were', () => {
  expect(backOffDelayMs(5000, options, almostOne)).toBe(9999)
})

test('waits any time from nothing to the bound', () => {
  const random = seededRandom(1)
  const delays = Array.from({ length: 1000 }, () => backOffDelayMs(3, options, random))
  expect(Math.min(...delays)).toBeLessThan(20)
  expect(Math.max(...delays)).toBeGreaterThan(780)
  expect(Math.max(...delays)).toBeLessThan(800)
  expect(backOffDelayMs(3, options, () => 0)).toBe(0)
})
