/** SIGINT and SIGTERM: what was started is ended and what was written is removed, then the bench ends. */
import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Somebody wants the bench to end. */
export class Interruption extends Error {
  /** As a shell reports a process that a signal ended. */
  readonly exitCode: number

  constructor(signal: (typeof SIGNALS)[number]) {
    super(`interrupted by ${signal}`)
    this.name = 'Interruption'
    this.exitCode = 128 + constants.signals[signal]
  }
}

/**
 * Rejects with an Interruption at the first of these signals. Later ones do nothing: a terminal and whoever
 * started us may both send one, and tidying up is bounded.
 */
export function interruption(): Promise<never> {
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of SIGNALS) process.on(signal, () => reject(new Interruption(signal)))
  })
  // Nobody may be waiting for it at that moment.
  interrupted.catch(() => undefined)
  return interrupted
}

/** For the processes of the bench, which a terminal signals, too: they end when their parent says so. */
export function leaveSignalsToParent(): void {
  for (const signal of SIGNALS) process.on(signal, () => undefined)
}
