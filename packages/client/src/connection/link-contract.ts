/**
 * What a link is asked, what it tells, and whom: the types between a link and those who use it.
 */

import type { TailraceError } from '@tailrace/format'
import type { AckEntry, ControlMessages, Frame, FrameType, GoAwayNotice } from '@tailrace/protocol'

import type { Environment } from '../environment.js'
import type { Address } from './connection-errors.js'

/** Where a link is in its life. */
export type LinkState = 'connecting' | 'greeting' | 'open' | 'closed'

/** What lives on a channel of a link. */
export interface ChannelHandler {
  /** A DELIVER, CAUGHT_UP, END or GAP of this channel. Returns whether nobody needs its bytes any more. */
  onFrame(frame: Frame): boolean
  /** Batches were acknowledged; the entry is only valid during the call. */
  onAck(entry: AckEntry): void
  /** The server closed the channel; `argument` is the ordinal of a refused batch. */
  onChannelError(error: TailraceError, argument: number): void
}

/** What a link tells its owner. */
export interface LinkEvents {
  /** WELCOME has come; requests may be made. */
  onOpen(): void
  /** The server is about to go. */
  onGoAway(notice: GoAwayNotice): void
  /** There is room for more: bytes were sent, or batches acknowledged. */
  onWritable(): void
  /** The link is gone, or never came about; the last call. */
  onClosed(error: TailraceError): void
}

/** What a link needs. */
export interface LinkOptions {
  readonly address: Address
  readonly environment: Environment
  readonly events: LinkEvents
  /** Name and version for the server's logs. */
  readonly clientName: string
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
}

/** The frames that a client asks something with. */
export type RequestType =
  | typeof FrameType.HELLO
  | typeof FrameType.ENSURE
  | typeof FrameType.DESCRIBE
  | typeof FrameType.LIST
  | typeof FrameType.DELETE
  | typeof FrameType.OPEN_PRODUCER
  | typeof FrameType.CLOSE_CHANNEL
  | typeof FrameType.SUBSCRIBE

/** A request, and how its reply is read. */
export interface LinkRequest<Type extends RequestType, Reply> {
  readonly type: Type
  readonly message: ControlMessages[Type]
  readonly channel?: number
  /** Reads the reply, in the same call in which it arrives. */
  readonly onReply: (frame: Frame) => Reply
}
