/** OPEN_PRODUCER and PUBLISH: the way into a stream. */

import { checkStreamName } from '@tailrace/format'
import { FrameType, type Frame, type OpenProducerRequest } from '@tailrace/protocol'

import type { ProducerChannel } from '../publish/producer-channel.js'
import { addressedChannel } from './addressed-channel.js'
import type { CommandContext } from './command.js'

/** Gives a producer a channel and an identity, and fences whoever had that before. */
export async function openProducer(
  context: CommandContext,
  request: OpenProducerRequest,
  frame: Frame,
): Promise<void> {
  checkStreamName(request.stream)
  const { store } = context.services
  context.channels.assertRoom()
  const log = await (request.create === true
    ? store.ensure(request.stream)
    : store.open(request.stream))
  if (!context.isOpen) return
  context.channels.assertRoom()
  const handle = log.openProducer(identityOf(request))
  const channel = context.channels.openProducer(log, handle)
  context.reply(frame, FrameType.PRODUCER_OPENED, {
    channel: channel.id,
    producerId: handle.producerId,
    producerEpoch: handle.producerEpoch,
    lastSequence: handle.lastSequence,
    endOffset: log.endOffset,
    durability: log.config.durability,
    epoch: log.epoch,
  })
}

/** Appends the batches of a PUBLISH; waits for room in the log by not reading the socket. */
export function publish(context: CommandContext, frame: Frame): void | Promise<void> {
  const channel = addressedChannel(context.channels, frame, 'producer')
  if (channel === undefined) return
  if (!channel.beginFrame(frame.argument)) return
  const position = channel.append(frame.body, 0)
  if (position < frame.body.byteLength) return appendRest(context, channel, { frame, position })
}

/** Goes on where the log had no room, with the connection's intake held so that order is kept. */
async function appendRest(
  context: CommandContext,
  channel: ProducerChannel,
  { frame, position }: { readonly frame: Frame; readonly position: number },
): Promise<void> {
  const release = context.intake.hold()
  try {
    let at = position
    while (at < frame.body.byteLength) {
      await channel.makeRoom(frame.body, at)
      at = channel.append(frame.body, at)
    }
  } finally {
    release()
  }
}

function identityOf(request: OpenProducerRequest): { name: string } | { producerId?: number } {
  if (request.name !== undefined) return { name: request.name }
  if (request.producerId !== undefined) return { producerId: request.producerId }
  return {}
}
