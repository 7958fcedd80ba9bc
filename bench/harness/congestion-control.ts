/**
 * TCP without pacing while a bench runs.
 *
 * BBR sends at the rate that it has found a path to have, and has to find it anew with each connection and all
 * ten seconds. On loopback there is no path: what it finds is how often the receiver got to read, and both sides
 * sleep between the pieces. Publishing had half of its throughput with it, the bare pairs two thirds. Machines in
 * data centres often have it; what Linux sets unless told otherwise is CUBIC, which on loopback does nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const SETTING = '/proc/sys/net/ipv4/tcp_congestion_control'
/** Those that send what the window allows. */
const UNPACED = ['cubic', 'reno']
const UNKNOWN = 'unknown'

/** What new connections of this machine have for congestion control; `unknown` where it does not say. */
export function congestionControl(setting = SETTING): string {
  try {
    return readFileSync(setting, 'utf8').trim()
  } catch {
    return UNKNOWN
  }
}

/** Whether connections with it wait for a clock between the pieces of what they send. */
export function isPaced(name: string): boolean {
  return ![...UNPACED, UNKNOWN].includes(name)
}

/** The setting for new connections of this machine, until disposed of. */
export class UnpacedConnections implements Disposable {
  readonly #setting: string
  readonly #before: string | undefined

  private constructor(setting: string, before: string | undefined) {
    this.#setting = setting
    this.#before = before
  }

  /** Changes it where it paces and may be changed, which takes root; {@link congestionControl} says what came of it. */
  static begin(setting = SETTING): UnpacedConnections {
    const before = congestionControl(setting)
    const isChanged = isPaced(before) && UNPACED.some((name) => canSet(setting, name))
    return new UnpacedConnections(setting, isChanged ? before : undefined)
  }

  [Symbol.dispose](): void {
    if (this.#before !== undefined) writeFileSync(this.#setting, this.#before)
  }
}

/** False where it may not be set, or the kernel does not have it. */
function canSet(setting: string, name: string): boolean {
  try {
    writeFileSync(setting, name)
    return true
  } catch {
    return false
  }
}
