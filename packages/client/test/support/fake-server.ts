/**
 * A server that does the least the protocol asks for, and whatever fault a test wants.
 *
 * Knows no sockets: `accept` takes something to send to, and the returned connection is given what the
 * client sends. `FakeWorld` connects it within the process, `serveFake` over real sockets.
 */

import { RequestError, type TailraceError } from '@tailrace/format'
import {
  decodeFrame,
  encodeControlFrame,
  LIMITS,
  type ConnectionLimits,
  type ControlMessages,
  type Frame,
  type FrameFields,
} from '@tailrace/protocol'

import { FakeConnection } from './fake-connection.js'
import { FakeLog } from './fake-log.js'

/** Where a connection's frames go. */
export interface FakePeer {
  send(frame: Uint8Array): void
  close(code: number): void
  terminate(): void
}

export class FakeServer {
  readonly logs = new Map<string, FakeLog>()
  readonly connections = new Set<FakeConnection>()
  limits: ConnectionLimits = LIMITS
  serverId = 'fake'
  /** Whether published batches are acknowledged as they come; else by `acknowledge`. */
  acknowledgesAtOnce = true
  /** Refuses published batches as long as it returns an error. */
  refusal: (() => TailraceError | undefined) | undefined
  /** Sees every frame first; true means that it is dealt with. */
  intercept: ((frame: Frame, connection: FakeConnection) => boolean) | undefined
  /** Every frame received, for tests that look at what was sent. */
  readonly received: Frame[] = []
  #lastProducerId = 0

  /** The stream of this name, made if need be. */
  log(name: string): FakeLog {
    const log = this.logs.get(name) ?? new FakeLog(name)
    this.logs.set(name, log)
    return log
  }

  /** The stream of this name. */
  existingLog(name: string): FakeLog {
    const log = this.logs.get(name)
    if (log === undefined) throw new RequestError('STREAM_NOT_FOUND', `no stream "${name}"`)
    return log
  }

  newProducerId(): number {
    this.#lastProducerId += 1
    return this.#lastProducerId
  }

  accept(peer: FakePeer): FakeConnection {
    const connection = new FakeConnection(this, peer)
    this.connections.add(connection)
    return connection
  }

  /** The frames of one kind that were received. */
  receivedOf(type: Frame['type']): Frame[] {
    return this.received.filter((frame) => frame.type === type)
  }

  /** The one connection there is. */
  get connection(): FakeConnection {
    const [connection] = this.connections
    if (connection === undefined) throw new Error('nobody is connected')
    return connection
  }

  /** Acknowledges everything published so far. */
  acknowledge(): void {
    for (const connection of this.connections) connection.flushAcks()
  }

  /** Sends whatever subscriptions may have. To be called after a test has changed a log itself. */
  deliver(): void {
    for (const connection of this.connections) connection.deliver()
  }

  /** Breaks every connection, as a network does. */
  dropConnections(): void {
    for (const connection of [...this.connections]) connection.drop()
  }
}

/** Decodes what a client sends, as a copy that the client cannot change afterwards. */
export function decodeFromClient(bytes: Uint8Array): Frame {
  return decodeFrame(bytes.slice(), 'server')
}

/** Makes a control frame, for what tests send themselves. */
export function controlFrame<T extends keyof ControlMessages>(
  type: T,
  fields: FrameFields,
  message: ControlMessages[T],
): Uint8Array {
  return encodeControlFrame(type, fields, message)
}
