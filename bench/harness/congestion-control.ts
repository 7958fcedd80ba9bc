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
/** Those that send what the window allows; a kernel has the second one at least. */
const UNPACED = ['cubic', 'reno']
const PACED = /^bbr/

/** What new connections of this machine have for congestion control; `unknown` where it does not say. */
export function congestionControl(setting = SETTING): string {
  try {
    return readFileSync(setting, 'utf8').trim()
  } catch {
    return 'unknown'
  }
}

/** Whether connections with it wait for a clock between the pieces of what they send. */
export function isPaced(name: string): boolean {
  return PACED.test(name)
}

/** The setting for new connections of this machine, until disposed of. One run at a time. */
export class UnpacedConnections implements Disposable {
  readonly #setting: string
  readonly #before: string
  /** What was set here; undefined when nothing was. */
  readonly #set: string | undefined

  private constructor(setting: string, write: typeof writeFileSync) {
    const canSet = (name: string): boolean => {
      try {
        write(setting, name)
        return true
      } catch {
        return false
      }
    }
    this.#setting = setting
    this.#before = congestionControl(setting)
    this.#set = isPaced(this.#before) ? UNPACED.find(canSet) : undefined
  }

  /** Changes it where it paces and may be changed, which takes root; {@link congestionControl} says what came of it. */
  static begin(setting = SETTING, write = writeFileSync): UnpacedConnections {
    return new UnpacedConnections(setting, write)
  }

  [Symbol.dispose](): void {
    // Not when somebody has set it meanwhile.
    const isOurs = this.#set !== undefined && congestionControl(this.#setting) === this.#set
    if (isOurs) writeFileSync(this.#setting, this.#before)
  }
}
