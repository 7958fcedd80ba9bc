/** A store in memory with the shape of the server's storage port: a map of `MemoryLog`s. */

import { checkStreamName, RequestError, StorageError } from '@tailrace/format'
import {
  DEFAULT_STREAM_CONFIG,
  parseStreamConfig,
  type StreamConfig,
  type StreamConfigInput,
} from '@tailrace/core'

import type { StreamStore } from '../../src/index.js'
import { MemoryLog } from './memory-log.js'

/** Streams in memory. */
export class MemoryStore implements StreamStore {
  readonly storeId = '00112233445566778899aabbccddeeff'
  readonly #logs = new Map<string, MemoryLog>()
  #epoch = 0
  isClosed = false
  /** What `open` and `ensure` wait for before they answer. */
  gate: Promise<void> = Promise.resolve()

  /** The log of a stream that exists. */
  log(name: string): MemoryLog {
    const log = this.#logs.get(name)
    if (log === undefined) throw new Error(`no stream "${name}" in this test`)
    return log
  }

  async ensure(name: string, config: StreamConfigInput = {}): Promise<MemoryLog> {
    this.#assertOpen()
    checkStreamName(name)
    await this.gate
    const asked = parseStreamConfig(config)
    let log = this.#logs.get(name)
    if (log === undefined) {
      this.#epoch += 1
      log = new MemoryLog(name, this.#epoch, { ...DEFAULT_STREAM_CONFIG, ...asked })
      this.#logs.set(name, log)
    }
    for (const [key, value] of Object.entries(asked)) {
      if (log.config[key as keyof StreamConfig] === value) continue
      throw new RequestError('STREAM_EXISTS', `stream "${name}" exists with another ${key}`)
    }
    return log
  }

  async open(name: string): Promise<MemoryLog> {
    this.#assertOpen()
    checkStreamName(name)
    await this.gate
    const log = this.#logs.get(name)
    if (log === undefined)
      throw new RequestError('STREAM_NOT_FOUND', `there is no stream "${name}"`)
    return log
  }

  has(name: string): boolean {
    return this.#logs.has(name)
  }

  list(): readonly string[] {
    return [...this.#logs.keys()].sort()
  }

  async delete(name: string): Promise<void> {
    const log = await this.open(name)
    this.#logs.delete(name)
    log.closeLog('deleted')
  }

  async close(): Promise<void> {
    this.isClosed = true
    for (const log of this.#logs.values()) log.closeLog('closed with its store')
  }

  #assertOpen(): void {
    if (this.isClosed) throw new StorageError('STORE_CLOSED', 'the store is closed')
  }
}
