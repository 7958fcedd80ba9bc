/**
 * A world for unit tests: a fake server within the process, a clock turned by hand, seeded randomness.
 *
 * Nothing happens by itself. Messages and ends of turns are queued; `settle` lets everything happen that
 * can happen without time passing, `advance` lets time pass and then settles.
 */

import { connectIn } from '../../src/connect.js'
import type { Client } from '../../src/client.js'
import type { ConnectOptions } from '../../src/connect-options.js'
import type { Environment } from '../../src/environment.js'
import type { Transport, TransportClose, TransportOptions } from '../../src/transport/transport.js'
import { FakeClock } from './fake-clock.js'
import { FakeServer } from './fake-server.js'
import { seededRandom } from './seeded-random.js'

/** What happens to an attempt to connect. */
export type NetworkMode =
  | { readonly kind: 'accept'; readonly subprotocol?: string }
  | { readonly kind: 'refuse'; readonly close: TransportClose }
  | { readonly kind: 'ignore' }

export const REFUSE: NetworkMode = {
  kind: 'refuse',
  close: { code: 1006, reason: '', error: new Error('connect ECONNREFUSED 127.0.0.1:4455') },
}

export class FakeWorld {
  readonly clock = new FakeClock()
  readonly server = new FakeServer()
  mode: NetworkMode = { kind: 'accept' }
  /** Attempts to connect. */
  attemptCount = 0
  /** Transports that are open or opening, oldest first. */
  readonly transports: FakeTransport[] = []
  readonly environment: Environment
  #tasks: (() => void)[] = []

  constructor(random = seededRandom(1)) {
    this.environment = {
      clock: this.clock,
      random,
      atEndOfTurn: (callback) => this.post(callback),
      openTransport: (options) => this.#open(options),
    }
  }

  /** Connects a client, which takes no time. */
  async connect(options: ConnectOptions = {}): Promise<Client> {
    const connecting = connectIn(this.environment, 'ws://fake:4455', options)
    // The caller sees it only after `settle`.
    connecting.catch(() => undefined)
    await this.settle()
    return connecting
  }

  /** Queues something to happen. */
  post(task: () => void): void {
    this.#tasks.push(task)
  }

  /** Lets everything happen that takes no time. */
  async settle(): Promise<void> {
    do {
      const tasks = this.#tasks
      this.#tasks = []
      for (const task of tasks) task()
      await new Promise((resolve) => setImmediate(resolve))
    } while (this.#tasks.length > 0)
  }

  /** Lets time pass, and everything that comes of it happen. */
  async advance(durationMs: number): Promise<void> {
    await this.settle()
    this.clock.advance(durationMs)
    await this.settle()
  }

  /** The transport in use. */
  get transport(): FakeTransport {
    const transport = this.transports.at(-1)
    if (transport === undefined) throw new Error('there is no transport')
    return transport
  }

  #open(options: TransportOptions): Transport {
    this.attemptCount += 1
    const transport = new FakeTransport(this, options)
    this.transports.push(transport)
    const { mode } = this
    if (mode.kind === 'refuse') this.post(() => transport.closedBy(mode.close))
    if (mode.kind === 'accept') {
      this.post(() => transport.opened(mode.subprotocol ?? options.subprotocol))
    }
    return transport
  }
}

/** A transport within the process. */
export class FakeTransport implements Transport {
  bufferedBytes = 0
  receivedBytes = 0
  /** Bytes of messages that the client gave back in the call in which it got them. */
  givenBackBytes = 0
  /** Whether what is sent stays in the buffer until `drain`. */
  isSlow = false
  corkCount = 0
  isCorked = false
  readonly options: TransportOptions
  readonly #world: FakeWorld
  #connection: ReturnType<FakeServer['accept']> | undefined
  #isClosed = false
  #slow: Uint8Array[] = []

  constructor(world: FakeWorld, options: TransportOptions) {
    this.#world = world
    this.options = options
  }

  opened(subprotocol: string): void {
    if (this.#isClosed) return
    this.#connection = this.#world.server.accept({
      send: (frame) => this.#world.post(() => this.deliver(frame)),
      close: (code) => this.#world.post(() => this.closedBy({ code, reason: '' })),
      terminate: () => this.#world.post(() => this.closedBy({ code: 1006, reason: '' })),
    })
    this.options.events.onOpen(subprotocol)
  }

  /** Hands a message to the client; one that is given back is overwritten at once, as the next may do. */
  deliver(bytes: Uint8Array): void {
    if (this.#isClosed) return
    this.receivedBytes += bytes.byteLength
    const message = bytes.slice()
    if (!this.options.events.onMessage(message)) return
    this.givenBackBytes += bytes.byteLength
    message.fill(0xee)
  }

  closedBy(close: TransportClose): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const index = this.#world.transports.indexOf(this)
    this.#world.transports.splice(index, 1)
    this.#connection?.closed()
    this.options.events.onClose(close)
  }

  /** Everything in the buffer goes out. */
  drain(): void {
    const frames = this.#slow
    this.#slow = []
    this.bufferedBytes = 0
    for (const frame of frames) this.#pass(frame)
    this.options.events.onDrain()
  }

  send(bytes: Uint8Array): void {
    if (this.#isClosed) return
    const copy = bytes.slice()
    if (!this.isSlow) {
      this.#pass(copy)
      return
    }
    this.#slow.push(copy)
    this.bufferedBytes += copy.byteLength
  }

  cork(): void {
    this.isCorked = true
    this.corkCount += 1
  }

  uncork(): void {
    this.isCorked = false
  }

  close(code: number): void {
    this.#world.post(() => this.closedBy({ code, reason: '' }))
  }

  terminate(): void {
    this.#world.post(() => this.closedBy({ code: 1006, reason: '' }))
  }

  #pass(frame: Uint8Array): void {
    this.#world.post(() => {
      if (!this.#isClosed) this.#connection?.receive(frame)
    })
  }
}
