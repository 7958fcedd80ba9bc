import { RequestError } from '@tailrace/format'
import { FrameType, type Frame } from '@tailrace/protocol'
import { beforeEach, expect, test } from 'vitest'

import { PendingRequests } from '../../../src/connection/pending-requests.js'
import { FakeClock } from '../../support/fake-clock.js'

const error = new RequestError('STREAM_NOT_FOUND', 'no stream')
let clock: FakeClock
let requests: PendingRequests
let ids: number[]

beforeEach(() => {
  clock = new FakeClock()
  requests = new PendingRequests({ clock, timeoutMs: 1000 })
  ids = []
})

function reply(argument: number): Frame {
  return { type: FrameType.DESCRIBED, flags: 0, channel: 0, argument, body: new Uint8Array(0) }
}

function ask(onReply: (frame: Frame) => unknown = (frame) => frame.argument): Promise<unknown> {
  return requests.add({ name: 'DESCRIBE', onReply }, (id) => ids.push(id))
}

test('gives each request its own reply, in whatever order they come', async () => {
  const first = ask()
  const second = ask()
  expect(ids).toEqual([1, 2])
  expect(requests.reply(reply(2))).toBe(true)
  expect(requests.reply(reply(1))).toBe(true)
  expect(await Promise.all([first, second])).toEqual([1, 2])
  expect(requests.count).toBe(0)
  expect(clock.timerCount).toBe(0)
})

test('reads a reply within the call that brings it', () => {
  let isRead = false
  void ask(() => {
    isRead = true
  })
  requests.reply(reply(1))
  expect(isRead).toBe(true)
})

test('does not know a reply that nobody waits for', () => {
  expect(requests.reply(reply(7))).toBe(false)
  expect(requests.fail(7, error)).toBe(false)
})

test('rejects with the error that the server sent', async () => {
  const request = ask()
  expect(requests.fail(1, error)).toBe(true)
  await expect(request).rejects.toBe(error)
})

test('rejects a request that is not answered in time, and forgets it', async () => {
  const request = ask()
  clock.advance(999)
  expect(requests.count).toBe(1)
  clock.advance(1)
  await expect(request).rejects.toMatchObject({
    code: 'REQUEST_TIMEOUT',
    details: { command: 'DESCRIBE', timeoutMs: 1000 },
  })
  expect(requests.reply(reply(1))).toBe(false)
})

test('rejects, and passes on, what reading a reply throws', async () => {
  const request = ask(() => {
    throw error
  })
  expect(() => requests.reply(reply(1))).toThrow(error)
  await expect(request).rejects.toBe(error)
})

test('fails everything that waits', async () => {
  const all = [ask(), ask(), ask()]
  requests.failAll(error)
  const results = await Promise.allSettled(all)
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect(clock.timerCount).toBe(0)
})
