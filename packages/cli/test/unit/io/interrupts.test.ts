/** How signals become steps of urgency. */

import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'

import { Interrupts } from '../../../src/io/interrupts.js'

class FakeProcess extends EventEmitter {
  readonly exits: number[] = []

  exit(status: number): void {
    this.exits.push(status)
  }
}

function listening(options?: { readonly handlesUrging?: boolean }) {
  const source = new FakeProcess()
  const clock = { nowMs: 1000 }
  const interrupts = new Interrupts(source, () => clock.nowMs)
  interrupts.listen(options)
  const signal = (name: 'SIGINT' | 'SIGTERM', afterMs: number) => {
    clock.nowMs += afterMs
    source.emit(name)
  }
  return { interrupts, source, signal }
}

describe('interrupts', () => {
  it('ask at the first signal, and exit with 130 at the second', () => {
    const { interrupts, source, signal } = listening()
    expect(interrupts.signal.aborted).toBe(false)
    signal('SIGINT', 0)
    expect(interrupts.signal.aborted).toBe(true)
    expect(source.exits).toEqual([])
    signal('SIGINT', 1000)
    expect(source.exits).toEqual([130])
  })

  it('urge before they exit where a command has something to say', () => {
    const { interrupts, source, signal } = listening({ handlesUrging: true })
    signal('SIGTERM', 0)
    signal('SIGTERM', 1000)
    expect(interrupts.urged.aborted).toBe(true)
    expect(source.exits).toEqual([])
    signal('SIGTERM', 1000)
    expect(source.exits).toEqual([130])
  })

  it('take the same signal at once again for an echo, as often as it comes', () => {
    const { interrupts, source, signal } = listening()
    signal('SIGINT', 0)
    signal('SIGINT', 5)
    signal('SIGINT', 99)
    expect(interrupts.signal.aborted).toBe(true)
    expect(source.exits).toEqual([])
    signal('SIGINT', 100)
    expect(source.exits).toEqual([130])
  })

  it('do not take another signal for an echo', () => {
    const { source, signal } = listening()
    signal('SIGINT', 0)
    signal('SIGTERM', 1)
    expect(source.exits).toEqual([130])
  })

  it('leave signals alone until a command listens, and listen once', () => {
    const source = new FakeProcess()
    const interrupts = new Interrupts(source, () => 0)
    expect(source.listenerCount('SIGINT')).toBe(0)
    interrupts.listen()
    interrupts.listen()
    expect(source.listenerCount('SIGINT')).toBe(1)
    expect(source.listenerCount('SIGTERM')).toBe(1)
  })
})
