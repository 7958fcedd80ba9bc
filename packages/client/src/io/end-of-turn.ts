/**
 * Runs something once the current turn of the event loop has ended.
 *
 * A microtask would come too early: it runs after each callback, so records sent by several
 * callbacks of one turn would leave as several batches. A timer would come too late (1 ms in Node,
 * 4 ms in a page). Node has `setImmediate`; a page has `MessageChannel`, which unlike its timers is
 * not slowed down in a background tab.
 */

/** Calls `callback` after the current turn of the event loop. Cannot be cancelled. */
export type AtEndOfTurn = (callback: () => void) => void

/** Makes the best `AtEndOfTurn` of this environment. */
export function createAtEndOfTurn(): AtEndOfTurn {
  const { setImmediate } = globalThis as {
    setImmediate?: (callback: () => void) => unknown
  }
  if (typeof setImmediate === 'function') {
    return (callback) => {
      setImmediate(callback)
    }
  }
  return overMessageChannel(new MessageChannel())
}

function overMessageChannel({ port1, port2 }: MessageChannel): AtEndOfTurn {
  const waiting: (() => void)[] = []
  port1.onmessage = () => {
    waiting.shift()?.()
  }
  return (callback) => {
    waiting.push(callback)
    port2.postMessage(undefined)
  }
}
