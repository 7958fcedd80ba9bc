/** A logger that keeps what it is told, and lets a test wait for it. */

import type { LogFields, Logger } from '../../src/index.js'

interface Entry {
  readonly level: keyof Logger
  readonly message: string
  readonly fields: LogFields
}

/** Keeps every entry, in order. */
export class RecordingLogger implements Logger {
  readonly entries: Entry[] = []
  #waiters: { message: string; resolve: () => void }[] = []

  debug(message: string, fields: LogFields = {}): void {
    this.#add({ level: 'debug', message, fields })
  }

  info(message: string, fields: LogFields = {}): void {
    this.#add({ level: 'info', message, fields })
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#add({ level: 'warn', message, fields })
  }

  error(message: string, fields: LogFields = {}): void {
    this.#add({ level: 'error', message, fields })
  }

  /** Resolves when a message is there, or at once when it is there already. */
  async when(message: string): Promise<void> {
    if (this.entries.some((entry) => entry.message === message)) return
    await new Promise<void>((resolve) => this.#waiters.push({ message, resolve }))
  }

  #add(entry: Entry): void {
    this.entries.push(entry)
    for (const waiter of this.#waiters) if (waiter.message === entry.message) waiter.resolve()
  }
}
