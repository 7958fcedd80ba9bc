/** Frames: the prefix written and read, and a control message as MessagePack. */
import {
  FRAME_PREFIX_BYTES,
  FrameType,
  checkFrame,
  decodeFrame,
  decodeSubscribeRequest,
  encodeControlFrame,
  encodeFrame,
  readFrameArgument,
  readFrameChannel,
  readFrameType,
  writeFramePrefix,
} from '@tailrace/protocol'
import type { MicroBench, MicroCase } from '../micro.js'

const SUBSCRIBE = {
  stream: 'orders',
  from: { offset: 1_000_000 },
  epoch: 3,
  creditBytes: 1_048_576,
} as const

export const frameBench: MicroBench = {
  name: 'protocol/frame',
  open(size) {
    const count = size === 'full' ? 1000 : 50
    const target = new Uint8Array(FRAME_PREFIX_BYTES)
    const body = new Uint8Array(64)
    const frame = encodeFrame(FrameType.PUBLISH, { channel: 7, argument: 42 }, body)
    const subscribe = encodeControlFrame(FrameType.SUBSCRIBE, { argument: 1 }, SUBSCRIBE)
    const each = (name: string, work: (at: number) => number, sameAs?: string): MicroCase => ({
      name,
      amount: count,
      unit: 'frame',
      ...(sameAs === undefined ? {} : { sameAs }),
      run() {
        let sum = 0
        for (let at = 0; at < count; at += 1) sum += work(at)
        return sum
      },
    })
    return {
      cases: [
        each('writeFramePrefix', (argument) => {
          writeFramePrefix(target, 0, { type: FrameType.PUBLISH, channel: 7, argument })
          return target[4] ?? 0
        }),
        each(
          'encodeFrame, 64 B',
          (argument) => encodeFrame(FrameType.PUBLISH, { channel: 7, argument }, body).length,
        ),
        each(
          'checkFrame, readFrame…',
          () => {
            checkFrame(frame, 'server')
            return readFrameType(frame) + readFrameChannel(frame) + readFrameArgument(frame)
          },
          'fields',
        ),
        each(
          'decodeFrame',
          () => {
            const { type, channel, argument } = decodeFrame(frame, 'server')
            return type + channel + argument
          },
          'fields',
        ),
        each(
          'encodeControlFrame, SUBSCRIBE',
          () => encodeControlFrame(FrameType.SUBSCRIBE, { argument: 1 }, SUBSCRIBE).length,
        ),
        each(
          'decodeSubscribeRequest',
          () => decodeSubscribeRequest(subscribe.subarray(FRAME_PREFIX_BYTES)).creditBytes,
        ),
      ],
    }
  },
}
