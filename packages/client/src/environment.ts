/**
 * Everything the client takes from the world, in one object.
 *
 * `connect` fills it with the real things; tests hand in a clock they turn by hand, a seeded random
 * source and a transport of their own.
 */

import type { Clock } from './io/clock.js'
import type { AtEndOfTurn } from './io/end-of-turn.js'
import type { Random } from './io/random.js'
import type { OpenTransport } from './transport/transport.js'

/** The client's ports. */
export interface Environment {
  readonly clock: Clock
  readonly random: Random
  readonly atEndOfTurn: AtEndOfTurn
  readonly openTransport: OpenTransport
}
