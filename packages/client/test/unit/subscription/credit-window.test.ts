import { expect, test } from 'vitest'

import { CreditWindow } from '../../../src/subscription/credit-window.js'

test('begins with the whole window, or what the server allows', () => {
  expect(new CreditWindow(1000).begin(5000)).toBe(1000)
  expect(new CreditWindow(1000).begin(600)).toBe(600)
})

test('announces a new limit when half of the window has been taken', () => {
  const window = new CreditWindow(1000)
  window.begin(5000)
  window.receive(1000)
  window.release(499)
  expect(window.grant()).toBeUndefined()
  window.release(1)
  expect(window.grant()).toBe(1500)
  expect(window.grant()).toBeUndefined()
  window.release(500)
  expect(window.grant()).toBe(2000)
})

test('never has more on its way and at hand than the window', () => {
  const window = new CreditWindow(1000)
  let limit = window.begin(5000)
  let received = 0
  for (let round = 0; round < 1000; round += 1) {
    const size = Math.min(1 + ((round * 37) % 300), limit - received)
    received += size
    window.receive(size)
    expect(window.heldBytes + limit - received).toBeLessThanOrEqual(1000)
    if (round % 3 === 0) {
      window.release(window.heldBytes)
      limit = window.grant() ?? limit
    }
  }
})

test('a batch larger than the window passes, and then the next may come', () => {
  const window = new CreditWindow(1000)
  window.begin(5000)
  window.receive(4000)
  expect(window.grant()).toBeUndefined()
  window.release(4000)
  expect(window.grant()).toBe(5000)
})

test('gives a new channel what is left of the window', () => {
  const window = new CreditWindow(1000)
  window.begin(5000)
  window.receive(900)
  expect(window.begin(5000)).toBe(100)
  window.receive(100)
  expect(window.begin(5000)).toBe(0)
  window.release(1000)
  expect(window.grant()).toBe(1000)
})
