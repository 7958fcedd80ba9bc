import { beforeEach, expect, test } from 'vitest'

import { Heartbeat } from '../../../src/connection/heartbeat.js'
import { FakeClock } from '../../support/fake-clock.js'

let clock: FakeClock
let pings: number[]
let silentMs: number[]
let receivedBytes: number
let heartbeat: Heartbeat

beforeEach(() => {
  clock = new FakeClock()
  pings = []
  silentMs = []
  receivedBytes = 0
  heartbeat = new Heartbeat({
    clock,
    intervalMs: 100,
    receivedBytes: () => receivedBytes,
    sendPing: (nonce) => pings.push(nonce),
    onSilent: (ms) => silentMs.push(ms),
  })
  heartbeat.start()
})

test('sends nothing as long as something arrives in every interval', () => {
  for (let i = 0; i < 10; i += 1) {
    clock.advance(60)
    receivedBytes += 1
    clock.advance(40)
  }
  expect(pings).toEqual([])
})

test('asks after one silent interval, and again after the next one that follows an answer', () => {
  clock.advance(100)
  expect(pings).toEqual([1])
  receivedBytes += 1
  clock.advance(100)
  expect(pings).toEqual([1])
  clock.advance(100)
  expect(pings).toEqual([1, 2])
  expect(silentMs).toEqual([])
})

test('takes a peer for silent after two silent intervals, once', () => {
  clock.advance(199)
  expect(silentMs).toEqual([])
  clock.advance(1)
  expect(silentMs).toEqual([200])
  clock.advance(1000)
  expect(silentMs).toEqual([200])
  expect(clock.timerCount).toBe(0)
})

test('does not blame the peer for the time in which this machine slept', () => {
  clock.advance(100)
  expect(pings).toEqual([1])
  clock.sleep(60_000)
  clock.advance(0)
  expect(silentMs).toEqual([])
  expect(pings).toEqual([1, 2])
  clock.advance(100)
  expect(silentMs).toEqual([200])
})

test('is quiet once stopped', () => {
  heartbeat.stop()
  clock.advance(1000)
  expect([...pings, ...silentMs]).toEqual([])
  expect(clock.timerCount).toBe(0)
})
