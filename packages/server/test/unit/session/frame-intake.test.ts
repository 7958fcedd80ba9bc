/** Order and completeness of what passes a gate that opens and closes. */

import { expect, test } from 'vitest'

import { FrameIntake } from '../../../src/session/frame-intake.js'

function setUp(onMessage: (text: string) => void = () => undefined) {
  const calls: string[] = []
  const handled: string[] = []
  const socket = {
    pauseReading: () => calls.push('pause'),
    resumeReading: () => calls.push('resume'),
  }
  const intake = new FrameIntake(socket, (message) => {
    const text = new TextDecoder().decode(message)
    handled.push(text)
    onMessage(text)
  })
  const accept = (text: string): void => intake.accept(new TextEncoder().encode(text))
  return { calls, handled, intake, accept }
}

test('passes everything on while nobody holds it', () => {
  const { calls, handled, accept } = setUp()
  accept('a')
  accept('b')
  expect(handled).toEqual(['a', 'b'])
  expect(calls).toEqual([])
})

test('keeps what arrives while it is held, and hands it on in order', () => {
  const { calls, handled, intake, accept } = setUp()
  const release = intake.hold()
  accept('a')
  accept('b')
  expect(handled).toEqual([])
  expect(intake.isHeld).toBe(true)
  release()
  release()
  accept('c')
  expect(handled).toEqual(['a', 'b', 'c'])
  expect(calls).toEqual(['pause', 'resume'])
})

test('opens when the last of several holds is released', () => {
  const { calls, handled, intake, accept } = setUp()
  const [first, second] = [intake.hold(), intake.hold()]
  accept('a')
  first()
  first()
  expect(handled).toEqual([])
  second()
  expect(handled).toEqual(['a'])
  expect(calls).toEqual(['pause', 'resume'])
})

test('a message that is handed on may hold it again, and keeps the rest back', () => {
  let release = (): void => undefined
  const { calls, handled, intake, accept } = setUp((text) => {
    if (text === 'b') release = intake.hold()
  })
  const open = intake.hold()
  for (const text of ['a', 'b', 'c']) accept(text)
  open()
  expect(handled).toEqual(['a', 'b'])
  accept('d')
  release()
  expect(handled).toEqual(['a', 'b', 'c', 'd'])
  expect(calls).toEqual(['pause', 'pause', 'resume'])
})

test('what arrives while waiting messages are handed on comes behind them', () => {
  const { handled, intake, accept } = setUp((text) => {
    if (text === 'a') accept('c')
  })
  const release = intake.hold()
  accept('a')
  accept('b')
  release()
  expect(handled).toEqual(['a', 'b', 'c'])
})
