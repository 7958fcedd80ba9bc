/** What the arguments of a bench come to: limits, defaults, and what is refused. */

import { describe, expect, it } from 'vitest'

import { readSettings, type BenchArguments, type BenchKind } from '../../../src/bench/settings.js'

function read(args: Partial<BenchArguments>, kind: BenchKind = 'publish') {
  const none = { stream: undefined, records: undefined, seconds: undefined }
  return readSettings(kind, { url: 'ws://localhost', json: false, ...none, ...args })
}

describe('the end of a bench', () => {
  it.each([
    [
      '10 s or a million records, when nothing is said',
      {},
      { recordsMax: 1_000_000, secondsMax: 10 },
    ],
    ['a GiB, when the records are large', { size: '1MiB' }, { recordsMax: 1024, secondsMax: 10 }],
    ['10 s of a rate', { rate: '500/s' }, { recordsMax: 5000, secondsMax: 10 }],
    [
      'what is said, and only that',
      { records: 5_000_000 },
      { recordsMax: 5_000_000, secondsMax: Infinity },
    ],
    ['the time', { seconds: 0.5, size: '1MiB' }, { recordsMax: Infinity, secondsMax: 0.5 }],
    [
      'what is due in the time',
      { seconds: 1.5, rate: '1k' },
      { recordsMax: 1500, secondsMax: 1.5 },
    ],
    [
      'the records, if they are due before',
      { seconds: 60, records: 10, rate: '1M/s' },
      { recordsMax: 10, secondsMax: 60 },
    ],
  ])('is %s', (_, args, limits) => {
    expect(read(args)).toMatchObject(limits)
  })

  it('of a stream that is consumed is its own', () => {
    const limits = { recordsMax: Infinity, secondsMax: Infinity, publish: undefined }
    expect(read({ stream: 'access' }, 'consume')).toMatchObject(limits)
  })
})

describe('the stream of a bench', () => {
  it('goes at the end, unless it was named or is to be kept', () => {
    expect(read({}).isKept).toBe(false)
    expect(read({ keep: true }).isKept).toBe(true)
    expect(read({ stream: 'access' }).isKept).toBe(true)
  })
})

describe('arguments that make no sense', () => {
  it.each([
    [{ records: 0 }, /--records is 0/],
    [{ records: 1.5 }, /--records is 1.5/],
    [{ records: NaN }, /--records is NaN/],
    [{ seconds: 0 }, /--seconds is 0/],
    [{ seconds: 86_401 }, /at most 86400/],
    [{ size: '23' }, /--size is 23 B, must be at least 24 B/],
    [{ size: 'big' }, /"big" is not a size/],
    [{ batchBytes: '0' }, /--batch-bytes/],
    [{ publishers: 0 }, /--publishers is 0/],
    [{ publishers: 101 }, /from 1 to 100/],
    [{ rate: '0' }, /--rate is "0"/],
    [{ rate: '-5/s' }, /--rate/],
    [{ rate: '5/min' }, /--rate/],
    [{ stream: 'a/b' }, /a\/b/],
  ])('are refused: %j', (args, message) => {
    expect(() => read(args)).toThrow(message)
  })

  it('are none at the limits', () => {
    expect(() => read({ records: 1, size: '24', publishers: 100 })).not.toThrow()
    expect(() => read({ seconds: 86_400, batchBytes: '1', rate: '0.1/s' })).not.toThrow()
  })

  it('are a consume without a stream, and consumers out of range', () => {
    expect(() => read({}, 'consume')).toThrow(/needs --stream/)
    expect(() => read({ consumers: 0 }, 'end-to-end')).toThrow(/--consumers is 0/)
  })
})
