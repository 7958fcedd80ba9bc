/** The clock of the log: wall time in microseconds. The only place of core that reads it. */

/** Time comes in through this interface, so that tests decide it. */
export interface Clock {
  /** Microseconds since 1970 as a safe integer. May step backwards, as wall clocks do. */
  nowUs(): number
}

/** How long the monotonic clock is trusted before it is set by the wall clock again. */
const ANCHOR_MS = 1000

/** The machine's clock: the wall clock once a second, the monotonic clock in between. */
export function systemClock(): Clock {
  let anchorMs = -Infinity
  let wallUs = 0
  return {
    nowUs() {
      const monotonicMs = performance.now()
      if (monotonicMs - anchorMs > ANCHOR_MS) {
        anchorMs = monotonicMs
        wallUs = Date.now() * 1000
      }
      return Math.floor(wallUs + (monotonicMs - anchorMs) * 1000)
    },
  }
}
