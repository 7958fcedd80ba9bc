/** How busy others keep the machine while we measure. Linux; elsewhere nothing is said. */
import { existsSync, readFileSync } from 'node:fs'
import { cpuSecondsOf } from '../peers/process-table.js'

const TICKS_PER_SECOND = 100

/** Seconds so far, since some moment. */
export interface Snapshot {
  readonly wallSeconds: number
  /** Of all cores, by anybody. */
  readonly busySeconds: number
  /** By this process and everything that it started. */
  readonly ownSeconds: number
  /** Taken by the host of a virtual machine. */
  readonly stolenSeconds: number
}

/** Cores on average. */
export interface OtherLoad {
  /** Used by processes that are not ours, and by the kernel on its own account. */
  readonly others: number
  readonly stolen: number
}

/** Measures from its making on. */
export class OtherLoadMeter {
  readonly #take: () => Snapshot | undefined
  readonly #start: Snapshot | undefined

  /** @param take - looks at the machine; this one unless given. */
  constructor(take: () => Snapshot | undefined = snapshot) {
    this.#take = take
    this.#start = take()
  }

  /** The load so far; undefined where the kernel does not say. */
  read(): OtherLoad | undefined {
    const [start, end] = [this.#start, this.#take()]
    if (start === undefined || end === undefined) return undefined
    const seconds = end.wallSeconds - start.wallSeconds
    const own = end.ownSeconds - start.ownSeconds
    const others = end.busySeconds - start.busySeconds - own
    return {
      others: seconds > 0 ? Math.max(0, others / seconds) : 0,
      stolen: seconds > 0 ? (end.stolenSeconds - start.stolenSeconds) / seconds : 0,
    }
  }
}

function snapshot(): Snapshot | undefined {
  if (!existsSync('/proc/stat')) return undefined
  // cpu user nice system idle iowait irq softirq steal …: see proc_stat(5).
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  const ticks = line.trim().split(/ +/).slice(1).map(Number)
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = ticks
  return {
    wallSeconds: performance.now() / 1000,
    busySeconds: (user + nice + system + irq + softirq) / TICKS_PER_SECOND,
    ownSeconds: cpuSecondsOf([process.pid]),
    stolenSeconds: steal / TICKS_PER_SECOND,
  }
}
