/** A clock that stands still until a test moves it, forwards or backwards. */

import type { Clock } from '../../src/index.js'

/** 2025-11-20, so that times look like times. */
export const START_US = 1_763_600_000_000_000

export class ManualClock implements Clock {
  now = START_US

  nowUs(): number {
    return this.now
  }

  advanceMs(ms: number): void {
    this.now += ms * 1000
  }
}
