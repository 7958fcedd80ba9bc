/** When the event loop is kept awake, and when it may sleep. */
import { beforeEach, describe, expect, test } from 'vitest'

import { BusyPolling } from '../../../src/io/busy-polling.js'

const POLL_MS = 0.2

/** An event loop that goes round when it is told to. */
class Loop {
  nowMs = 1000
  isDiskAwaited = false
  #next: (() => void) | undefined
  readonly polling = new BusyPolling({
    timers: {
      atTurnEnd: (callback) => {
        if (this.#next !== undefined) throw new Error('somebody waits for the end of the turn')
        this.#next = callback
      },
      nowMs: () => this.nowMs,
    },
    isDiskAwaited: () => this.isDiskAwaited,
  })

  /** Whether the loop would go on to sleep. */
  get maySleep(): boolean {
    return this.#next === undefined
  }

  turn(): void {
    const next = this.#next
    this.#next = undefined
    next?.()
  }

  /** A message, nothing after it, and the time passes: goes round until the loop may sleep. */
  messageInVain(): void {
    this.polling.stirred()
    this.turn()
    this.nowMs += POLL_MS
    this.turn()
    this.nowMs += POLL_MS
    this.turn()
  }
}

let loop: Loop

beforeEach(() => {
  loop = new Loop()
})

describe('busy polling', () => {
  test('sleeps until something comes', () => {
    expect(loop.maySleep).toBe(true)
    expect(loop.polling.isPolling).toBe(false)
  })

  test('looks for more until its time is over, counted from the last message', () => {
    loop.polling.stirred()
    expect(loop.maySleep).toBe(false)
    loop.turn()
    loop.nowMs += POLL_MS - 0.01
    loop.turn()
    expect(loop.maySleep).toBe(false)
    loop.polling.stirred()
    loop.turn()
    loop.nowMs += POLL_MS - 0.01
    loop.turn()
    expect(loop.maySleep).toBe(false)
    loop.nowMs += 0.01
    loop.turn()
    expect(loop.maySleep).toBe(true)
    expect(loop.polling.isPolling).toBe(false)
  })

  test('asks for one turn, however many messages come in it', () => {
    for (let message = 0; message < 5; message += 1) loop.polling.stirred()
    loop.turn()
    for (let message = 0; message < 5; message += 1) loop.polling.stirred()
    loop.turn()
    expect(loop.polling.isPolling).toBe(true)
  })

  test('stops when it mostly finds nothing, and tries again after ever more messages', () => {
    for (let message = 0; message < 20; message += 1) loop.messageInVain()
    const tries: number[] = []
    for (let message = 0; message < 20_000; message += 1) {
      loop.polling.stirred()
      if (loop.maySleep) continue
      tries.push(message)
      loop.turn()
      loop.nowMs += POLL_MS
      loop.turn()
    }
    const gaps = tries.slice(1).map((at, index) => at - (tries[index] ?? 0))
    expect(gaps.length).toBeGreaterThan(6)
    expect(gaps.length).toBeLessThan(20)
    expect([...gaps].sort((a, b) => a - b)).toEqual(gaps)
    expect(gaps.at(-1)).toBe(4096)
  })

  test('goes on when a try finds something again and again', () => {
    for (let message = 0; message < 200; message += 1) loop.messageInVain()
    while (loop.maySleep) loop.polling.stirred()
    for (let message = 0; message < 20; message += 1) {
      loop.turn()
      loop.polling.stirred()
    }
    loop.turn()
    // A client that stops is noticed after a few times, not at once.
    loop.nowMs += POLL_MS
    loop.turn()
    expect(loop.maySleep).toBe(true)
    loop.polling.stirred()
    expect(loop.maySleep).toBe(false)
  })

  test('does not keep the core from the threads that the disk is waited for with', () => {
    loop.isDiskAwaited = true
    loop.polling.stirred()
    expect(loop.maySleep).toBe(true)
    loop.isDiskAwaited = false
    loop.polling.stirred()
    expect(loop.maySleep).toBe(false)
    loop.isDiskAwaited = true
    loop.turn()
    expect(loop.maySleep).toBe(true)
    expect(loop.polling.isPolling).toBe(false)
    // That was no failure.
    loop.isDiskAwaited = false
    loop.polling.stirred()
    expect(loop.maySleep).toBe(false)
  })
})
