/**
 * Tells a silent peer from a dead one.
 *
 * Looked at every half heartbeat, for all connections by one timer: what counts is whether any byte has
 * come since the last look, so that receiving costs nothing, and a large message on a slow line is a sign
 * of life before it is complete.
 */

/** Looks per heartbeat. */
export const LOOKS_PER_HEARTBEAT = 2

const LOOKS_BEFORE_PING = LOOKS_PER_HEARTBEAT
const LOOKS_BEFORE_LOST = 2 * LOOKS_PER_HEARTBEAT

/** What to do about a peer. */
export type LivenessVerdict = 'alive' | 'ask' | 'lost'

/** How long one peer has been silent. */
export class Liveness {
  #lastSign = -1
  #silentLooks = 0

  /**
   * Takes the peer for alive: nothing could be expected of it since the last look. Once a heartbeat the
   * verdict is `ask` all the same, so that the peer, which is not answered, hears something.
   */
  excuse(): LivenessVerdict {
    this.#silentLooks = (this.#silentLooks + 1) % LOOKS_BEFORE_PING
    return this.#silentLooks === 0 ? 'ask' : 'alive'
  }

  /**
   * Judges the peer. `sign` is any number that changes when the peer does something, such as the count
   * of received bytes. `ask` means: send PING now.
   */
  look(sign: number): LivenessVerdict {
    if (sign !== this.#lastSign) {
      this.#lastSign = sign
      this.#silentLooks = 0
      return 'alive'
    }
    this.#silentLooks += 1
    if (this.#silentLooks >= LOOKS_BEFORE_LOST) return 'lost'
    return this.#silentLooks === LOOKS_BEFORE_PING ? 'ask' : 'alive'
  }
}
