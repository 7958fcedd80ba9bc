import { describe, expect, it } from 'vitest'

import {
  COMMAND_TABLE,
  commandOf,
  decodeFrame,
  FrameType,
  frameName,
  isReceivedBy,
  replyTypeOf,
} from '../../../src/index.js'
import { DECODERS } from '../../support/decoders.js'
import { errorOf } from '../../support/errors.js'
import { goldenNameOf } from '../../support/control-command.js'
import { goldenNames, readGolden } from '../../support/hex.js'

describe('COMMAND_TABLE', () => {
  it('has each frame once, in the order of the numbers', () => {
    const types = COMMAND_TABLE.map((command) => command.type)
    expect(types).toEqual([...new Set(types)].sort((a, b) => a - b))
    expect(Object.fromEntries(COMMAND_TABLE.map(({ name, type }) => [name, type]))).toEqual(
      FrameType,
    )
  })

  it('gives every request below 0x80 a reply of the same number with the high bit', () => {
    const requests = COMMAND_TABLE.filter((command) => command.kind === 'request')
    const replies = COMMAND_TABLE.filter((command) => command.kind === 'reply')
    expect(requests.every((command) => command.type < 0x80)).toBe(true)
    expect(requests.map((command) => command.type | 0x80)).toEqual(
      replies.map((command) => command.type),
    )
    for (const { type } of COMMAND_TABLE) {
      const reply = replyTypeOf(type)
      expect(reply).toBe(commandOf(type)?.kind === 'request' ? type | 0x80 : undefined)
    }
    expect(replyTypeOf(0x7f)).toBeUndefined()
  })

  it('sends a reply the other way than its request', () => {
    for (const request of COMMAND_TABLE.filter((command) => command.kind === 'request')) {
      const reply = commandOf(request.type | 0x80)
      const expected = request.direction === 'both' ? 'both' : 'server-to-client'
      expect(reply?.direction).toBe(expected)
    }
  })

  it('agrees with the decoders on what a body is', () => {
    for (const { name, body } of COMMAND_TABLE) {
      if (name === 'PUBLISH' || name === 'DELIVER') {
        expect(body).toBe('batches')
        continue
      }
      const decode = DECODERS[name]
      const frozen = decodeFrame(readGolden(goldenNameOf(name)))
      expect(frameName(frozen.type)).toBe(name)
      decode(frozen.body)
      // Only a map can be refused for being something else than a map.
      const message = outcomeOf(() => decode(Uint8Array.of(0xc0)))
      expect(message.includes(`body is not a map (${name})`)).toBe(body === 'map')
      expect(message.includes('must be empty')).toBe(body === 'empty')
    }
  })

  it('has a frozen frame for each command, more of those that have grown, and no other', () => {
    // `ensured@retention-records` is ENSURED with a field that came later.
    const commands = COMMAND_TABLE.map(({ name }) => goldenNameOf(name))
    const grown = goldenNames().filter((name) => name.includes('@'))
    const first = goldenNames().filter((name) => !grown.includes(name))
    expect(first.sort()).toEqual(commands.sort())
    expect(commands).toEqual(expect.arrayContaining(grown.map((name) => name.replace(/@.*$/, ''))))
  })

  it('knows who is sent what', () => {
    expect(isReceivedBy(FrameType.PUBLISH, 'server')).toBe(true)
    expect(isReceivedBy(FrameType.PUBLISH, 'client')).toBe(false)
    expect(isReceivedBy(FrameType.ACK, 'client')).toBe(true)
    expect(isReceivedBy(FrameType.PING, 'client')).toBe(true)
    expect(isReceivedBy(FrameType.PING, 'server')).toBe(true)
    expect(isReceivedBy(0x7f, 'server')).toBe(false)
  })

  it('names a number it does not know by its digits', () => {
    expect(frameName(0x30)).toBe('SUBSCRIBE')
    expect(frameName(0x07)).toBe('0x07')
    expect(commandOf(0x07)).toBeUndefined()
    expect(commandOf(256)).toBeUndefined()
  })
})

function outcomeOf(decode: () => unknown): string {
  return errorOf(decode).message
}
