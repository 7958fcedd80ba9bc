/** Codecs: a small value to bytes and back, as a producer and a subscription use them. */
import { json, msgpack, raw, text } from '@tailrace/client'
import type { Codec } from '@tailrace/client'
import { someBytes } from '../micro.js'
import type { MicroBench, MicroCase } from '../micro.js'

const ORDER = { id: 4711, customer: 'c-17', items: [1, 2, 3], total: 99.5, isPaid: true }

export const codecsBench: MicroBench = {
  name: 'client/codecs',
  open(size) {
    const count = size === 'full' ? 500 : 20
    return {
      cases: [
        ...casesOf(msgpack, ORDER, count),
        ...casesOf(json, ORDER, count),
        ...casesOf(text, 'an order of three things by c-17', count),
        ...casesOf(raw, someBytes(128), count),
      ],
    }
  },
}

function casesOf<T>(codec: Codec<T>, value: T, count: number): MicroCase[] {
  const encoded = codec.encode(value).slice()
  const target = { bytes: encoded, start: 0, end: 0 }
  const common = { amount: count, unit: 'value', unitBytes: encoded.length }
  return [
    {
      ...common,
      name: `${codec.name}, encode`,
      run() {
        let sum = 0
        for (let at = 0; at < count; at += 1) {
          if (codec.encodeInto === undefined) sum += codec.encode(value).length
          else {
            codec.encodeInto(value, target)
            sum += target.end - target.start
          }
        }
        return sum
      },
    },
    {
      ...common,
      name: `${codec.name}, decode`,
      run() {
        let sum = 0
        for (let at = 0; at < count; at += 1) {
          const decoded =
            codec.decodeRange === undefined
              ? codec.decode(encoded)
              : codec.decodeRange(encoded, 0, encoded.length)
          sum += decoded === undefined ? 0 : 1
        }
        return sum
      },
    },
  ]
}
