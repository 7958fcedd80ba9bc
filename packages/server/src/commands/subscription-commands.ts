/** SUBSCRIBE and CREDIT: the way out of a stream. */

import { checkStreamName, RequestError } from '@tailrace/format'
import {
  decodeCreditBody,
  FrameType,
  type DecodedSubscribeRequest,
  type Frame,
  type SubscribeFrom,
} from '@tailrace/protocol'

import type { StreamLog } from '../storage/storage-port.js'
import { StopCondition } from '../subscribe/stop-condition.js'
import { addressedChannel } from './addressed-channel.js'
import type { CommandContext } from './command.js'

type StartPosition = Parameters<StreamLog['resolveOffset']>[0]

/** Opens a subscription; DELIVER follows the reply. */
export async function subscribe(
  context: CommandContext,
  request: DecodedSubscribeRequest,
  frame: Frame,
): Promise<void> {
  checkStreamName(request.stream)
  checkWindow(request.creditBytes, context.services.limits.windowBytesMax)
  context.channels.assertRoom()
  const log = await context.services.store.open(request.stream)
  if (!context.isOpen) return
  context.channels.assertRoom()
  checkEpoch(log, request.epoch)
  const { onOutOfRange, creditBytes } = request
  const startOffset = log.resolveOffset(positionOf(request.from), { onOutOfRange })
  const stop = new StopCondition(log, startOffset, request.stop)
  const stopOffset = stop.offset() ?? null
  const subscription = context.channels.openSubscription(log, { startOffset, stop, creditBytes })
  context.reply(frame, FrameType.SUBSCRIBED, {
    channel: subscription.id,
    startOffset,
    stopOffset,
    epoch: log.epoch,
    firstOffset: log.startOffset,
    visibleOffset: log.visibleOffset,
  })
}

/** Raises a subscription's credit. One that has ended meanwhile needs none. */
export function grantCredit(context: CommandContext, frame: Frame): void {
  const limitBytes = decodeCreditBody(frame.body)
  const { channels } = context
  const channel = addressedChannel(channels, frame, 'subscription')
  if (channel === undefined) return
  const limitBytesMax = channel.sentBytes + context.services.limits.windowBytesMax
  if (limitBytes > limitBytesMax) {
    channels.fail(frame.channel, tooMuchCredit(limitBytes, limitBytesMax))
    return
  }
  channels.grant(channel, limitBytes)
}

function positionOf(from: SubscribeFrom): StartPosition {
  if ('first' in from) return 'first'
  if ('next' in from) return 'next'
  if ('offset' in from) return from.offset
  return from
}

function checkWindow(creditBytes: number, windowBytesMax: number): void {
  if (creditBytes > windowBytesMax) throw tooMuchCredit(creditBytes, windowBytesMax)
}

function tooMuchCredit(creditBytes: number, creditBytesMax: number): RequestError {
  return new RequestError(
    'INVALID_REQUEST',
    `credit is granted up to ${creditBytes} bytes, must be at most ${creditBytesMax} now`,
    { details: { creditBytes, creditBytesMax } },
  )
}

function checkEpoch(log: StreamLog, knownEpoch: number | undefined): void {
  if (knownEpoch === undefined || knownEpoch === log.epoch) return
  throw new RequestError(
    'EPOCH_MISMATCH',
    `stream "${log.name}" is in epoch ${log.epoch}, the subscriber knows epoch ${knownEpoch}`,
    { details: { stream: log.name, knownEpoch, actualEpoch: log.epoch } },
  )
}
