/** What a command handler is, and what it may touch of the connection it answers. */

import type { Frame, ControlFrameType, ControlMessages } from '@tailrace/protocol'

import type { ServerServices } from '../server-services.js'
import type { ConnectionChannels } from '../session/connection-channels.js'
import type { FrameIntake } from '../session/frame-intake.js'

/** A connection as its handlers see it. */
export interface CommandContext {
  readonly services: ServerServices
  readonly channels: ConnectionChannels
  readonly intake: FrameIntake
  /** False once the connection is closing: what was waited for is of no use any more. */
  readonly isOpen: boolean
  /** Sends a frame. */
  send(frame: Uint8Array): void
  /** Answers a request; a reply is on the request's channel. */
  reply<T extends ControlFrameType>(request: Frame, type: T, message: ControlMessages[T]): void
}

/**
 * Does what a frame asks for.
 *
 * A `TailraceError` that it throws, or rejects with, answers the request; anything else is a bug of ours.
 */
export type CommandHandler = (context: CommandContext, frame: Frame) => void | Promise<void>

/**
 * The handler of a request: decodes the body at once, so that a malformed one ends the connection before
 * the next frame is looked at, and then does what was asked.
 */
export function request<T>(
  decode: (body: Uint8Array) => T,
  act: (context: CommandContext, request: T, frame: Frame) => void | Promise<void>,
): CommandHandler {
  return (context, frame) => act(context, decode(frame.body), frame)
}
