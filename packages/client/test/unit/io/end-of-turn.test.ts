import { afterEach, expect, test, vi } from 'vitest'

import { createAtEndOfTurn } from '../../../src/io/end-of-turn.js'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** What runs in which order around the end of a turn. */
async function order(): Promise<string[]> {
  const atEndOfTurn = createAtEndOfTurn()
  const events: string[] = []
  await new Promise<void>((resolve) => {
    atEndOfTurn(() => events.push('end of turn'))
    atEndOfTurn(() => {
      events.push('second')
      resolve()
    })
    void Promise.resolve().then(() => events.push('microtask'))
    events.push('now')
  })
  return events
}

test('comes after microtasks, in order, with setImmediate', async () => {
  expect(await order()).toEqual(['now', 'microtask', 'end of turn', 'second'])
})

test('comes after microtasks, in order, with MessageChannel', async () => {
  const channels: MessageChannel[] = []
  const Real = MessageChannel
  vi.stubGlobal('setImmediate', undefined)
  vi.stubGlobal(
    'MessageChannel',
    class extends Real {
      constructor() {
        super()
        channels.push(this)
      }
    },
  )
  expect(await order()).toEqual(['now', 'microtask', 'end of turn', 'second'])
  for (const { port1 } of channels) port1.close()
})
