/** The inspector: each rule of the format, broken alone in a batch whose checksums are right. */

import { describe, expect, it } from 'vitest'
import {
  APPEND_TIME_AT,
  ATTRIBUTES_AT,
  ATTRIBUTE_CONTROL,
  ATTRIBUTE_HEADERS,
  ATTRIBUTE_KEYS,
  ATTRIBUTE_OFFSETS,
  ATTRIBUTE_TIMES,
  BASE_OFFSET_AT,
  BATCH_HEADER_BYTES,
  BATCH_LENGTH_AT,
  BATCH_LENGTH_MAX,
  BODY_CHECK_AT,
  CREATE_TIME_AT,
  FormatError,
  HEADER_CHECK_AT,
  HEADER_WORDS_AT,
  LAST_OFFSET_DELTA_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  RESERVED_1_AT,
  RESERVED_2_AT,
  checkBatch,
  checkProducedBatch,
  crc32,
  inspectBatch,
  inspectBatchHeader,
  inspectProducedBatch,
} from '../../../src/index.js'
import { fullBatch, produce, run, stamp, text, thrownBy, viewOf } from '../../support/batches.js'

const UNSAFE = 2n ** 53n

/** Where the columns of a batch of three records with times, keys and headers begin. */
const VALUE_ENDS = BATCH_HEADER_BYTES
const TIME_DELTAS = VALUE_ENDS + 12
const KEY_ENDS = TIME_DELTAS + 12
const HEADERS_ENDS = KEY_ENDS + 12

/** Makes both checksums right again, so that only the rule under test is broken. */
function recheck(batch: Uint8Array): Uint8Array {
  const view = viewOf(batch)
  const batchLength = Math.min(view.getUint32(BATCH_LENGTH_AT, true), batch.length)
  view.setUint32(BODY_CHECK_AT, crc32(batch, ATTRIBUTES_AT, Math.max(batchLength, 36)), true)
  const first = crc32(batch, 0, HEADER_CHECK_AT)
  view.setUint32(
    HEADER_CHECK_AT,
    crc32(batch, HEADER_CHECK_AT + 4, BATCH_HEADER_BYTES, first),
    true,
  )
  return batch
}

interface Rule {
  readonly name: string
  readonly code: string
  readonly field?: string
  /** Seen only in columns or payload, which the header inspection does not read. */
  readonly isBehindHeader?: boolean
  /** Concerns what the log stamps, which is ignored in a produced batch. */
  readonly isOfLog?: boolean
  readonly breakIt: (view: DataView) => void
}

const invalid = (field: string) => ({ code: 'INVALID_FIELD', field })

const RULES: readonly Rule[] = [
  {
    name: 'magic',
    code: 'BAD_MAGIC',
    breakIt: (view) => view.setUint16(0, 0x5255, true),
  },
  {
    name: 'version 0',
    code: 'UNSUPPORTED_FORMAT_VERSION',
    breakIt: (view) => view.setUint8(2, 0),
  },
  {
    name: 'version 2',
    code: 'UNSUPPORTED_FORMAT_VERSION',
    breakIt: (view) => view.setUint8(2, 2),
  },
  {
    name: 'fewer header words',
    ...invalid('headerWords'),
    breakIt: (view) => view.setUint8(HEADER_WORDS_AT, 8),
  },
  {
    name: 'length 0',
    ...invalid('batchLength'),
    breakIt: (view) => view.setUint32(BATCH_LENGTH_AT, 0, true),
  },
  {
    name: 'length of a header',
    ...invalid('batchLength'),
    breakIt: (view) => view.setUint32(BATCH_LENGTH_AT, 72, true),
  },
  {
    name: 'length not a multiple of 8',
    ...invalid('batchLength'),
    breakIt: (view) => view.setUint32(BATCH_LENGTH_AT, view.byteLength - 4, true),
  },
  {
    name: 'length above the maximum',
    ...invalid('batchLength'),
    breakIt: (view) => view.setUint32(BATCH_LENGTH_AT, BATCH_LENGTH_MAX + 8, true),
  },
  {
    name: 'length behind the limit',
    code: 'TRUNCATED',
    breakIt: (view) => view.setUint32(BATCH_LENGTH_AT, view.byteLength + 8, true),
  },
  ...[8, 9, 15].map((bit) => ({
    name: `attribute bit ${bit}`,
    ...invalid('attributes'),
    breakIt: (view: DataView) =>
      view.setUint16(ATTRIBUTES_AT, view.getUint16(ATTRIBUTES_AT, true) | (1 << bit), true),
  })),
  ...[1, 2, 7].map((codec) => ({
    name: `codec ${codec}`,
    ...invalid('attributes'),
    breakIt: (view: DataView) =>
      view.setUint16(ATTRIBUTES_AT, view.getUint16(ATTRIBUTES_AT, true) | codec, true),
  })),
  {
    name: 'first reserved field',
    ...invalid('reserved'),
    breakIt: (view) => view.setUint16(RESERVED_1_AT, 1, true),
  },
  {
    name: 'second reserved field',
    ...invalid('reserved'),
    breakIt: (view) => view.setUint16(RESERVED_2_AT, 0x8000, true),
  },
  {
    name: 'no record',
    ...invalid('recordCount'),
    breakIt: (view) => view.setUint32(RECORD_COUNT_AT, 0, true),
  },
  {
    name: 'more records than columns have room for',
    ...invalid('recordCount'),
    breakIt: (view) => {
      view.setUint32(RECORD_COUNT_AT, 2 ** 32 - 1, true)
      view.setUint32(LAST_OFFSET_DELTA_AT, 2 ** 32 - 1, true)
    },
  },
  {
    name: 'a last offset before the last record',
    ...invalid('lastOffsetDelta'),
    breakIt: (view) => view.setUint32(LAST_OFFSET_DELTA_AT, 1, true),
  },
  {
    name: 'an unsafe create time',
    ...invalid('createTimeUs'),
    breakIt: (view) => view.setBigUint64(CREATE_TIME_AT, UNSAFE, true),
  },
  {
    name: 'an unsafe producer',
    ...invalid('producerId'),
    breakIt: (view) => view.setBigUint64(PRODUCER_ID_AT, UNSAFE, true),
  },
  {
    name: 'an unsafe append time',
    ...invalid('appendTimeUs'),
    isOfLog: true,
    breakIt: (view) => view.setBigUint64(APPEND_TIME_AT, UNSAFE, true),
  },
  {
    name: 'an unsafe offset',
    ...invalid('baseOffset'),
    isOfLog: true,
    breakIt: (view) => view.setBigUint64(BASE_OFFSET_AT, UNSAFE, true),
  },
  {
    name: 'a next offset that is not safe',
    ...invalid('baseOffset'),
    isOfLog: true,
    breakIt: (view) => view.setBigUint64(BASE_OFFSET_AT, UNSAFE - 3n, true),
  },
  {
    name: 'values that end before they begin',
    ...invalid('valueEnd'),
    isBehindHeader: true,
    breakIt: (view) => view.setUint32(VALUE_ENDS + 4, 4, true),
  },
  {
    name: 'keys that end before they begin',
    ...invalid('keyEnd'),
    isBehindHeader: true,
    breakIt: (view) => view.setUint32(KEY_ENDS, 3, true),
  },
  {
    name: 'headers that end before they begin',
    ...invalid('headersEnd'),
    isBehindHeader: true,
    breakIt: (view) => view.setUint32(HEADERS_ENDS, 2 ** 32 - 1, true),
  },
  {
    name: 'a time before 1970',
    ...invalid('timeDelta'),
    isBehindHeader: true,
    breakIt: (view) => view.setBigUint64(CREATE_TIME_AT, 4n, true),
  },
  {
    name: 'a time behind 2^53',
    ...invalid('timeDelta'),
    isBehindHeader: true,
    breakIt: (view) => view.setBigUint64(CREATE_TIME_AT, UNSAFE - 9n, true),
  },
  {
    name: 'payload behind the batch',
    ...invalid('payload'),
    isBehindHeader: true,
    breakIt: (view) => view.setUint32(HEADERS_ENDS + 8, 2 ** 32 - 1, true),
  },
  {
    name: 'padding of a word or more',
    ...invalid('padding'),
    isBehindHeader: true,
    breakIt: (view) => view.setUint32(HEADERS_ENDS + 8, 0, true),
  },
  {
    name: 'padding that is not zero',
    ...invalid('padding'),
    isBehindHeader: true,
    breakIt: (view) => view.setUint8(view.byteLength - 1, 1),
  },
]

/** The full batch, its three headers bytes made more so that a whole word of padding is possible. */
function sample(): Uint8Array {
  return stamp(
    produce([
      { value: text('first'), key: text('k1'), timeUs: 1_763_600_000_000_000 - 5 },
      { value: text('') },
      { value: text('third!'), headers: text('headers=1'), timeUs: 1_763_600_000_000_000 + 9 },
    ]),
  )
}

describe('a rule of the format', () => {
  it('is kept by the sample, which has padding and all columns a producer may write', () => {
    const batch = sample()
    expect(batch.at(-1)).toBe(0)
    expect(viewOf(batch).getUint16(ATTRIBUTES_AT, true)).toBe(
      ATTRIBUTE_TIMES | ATTRIBUTE_KEYS | ATTRIBUTE_HEADERS,
    )
    expect(inspectBatch(recheck(batch.slice()), 0, batch.length, 'whole')).toBeUndefined()
    expect(recheck(batch.slice())).toEqual(batch)
  })

  it.each(RULES)(
    'is $name',
    ({ breakIt, code, field, isBehindHeader = false, isOfLog = false }) => {
      const batch = sample()
      breakIt(viewOf(batch))
      recheck(batch)
      const defect = {
        code,
        details: { positionBytes: 0, ...(field === undefined ? {} : { field }) },
      }
      const inspected = (depth: 'structure' | 'header' | 'whole') =>
        inspectBatch(batch, 0, batch.length, depth)
      expect(inspected('structure')).toMatchObject(defect)
      expect(inspected('whole')).toMatchObject(defect)
      if (isBehindHeader) expect(inspected('header')).toBeUndefined()
      else expect(inspected('header')).toMatchObject(defect)
      const produced = inspectProducedBatch(batch, 0, batch.length)
      if (isOfLog) expect(produced).toBeUndefined()
      else expect(produced).toMatchObject(defect)
    },
  )
})

describe('what only the log may write', () => {
  const compactedTail = (view: DataView) => view.setUint32(LAST_OFFSET_DELTA_AT, 2, true)
  const control = (view: DataView) => view.setUint16(ATTRIBUTES_AT, ATTRIBUTE_CONTROL, true)
  const offsets = (view: DataView) => {
    // Two values of 4 bytes: their payload becomes the column of offsets 0 and 1.
    view.setUint16(ATTRIBUTES_AT, ATTRIBUTE_OFFSETS, true)
    view.setUint32(BATCH_HEADER_BYTES, 0, true)
    view.setUint32(BATCH_HEADER_BYTES + 4, 0, true)
    view.setUint32(BATCH_HEADER_BYTES + 8, 0, true)
    view.setUint32(BATCH_HEADER_BYTES + 12, 1, true)
  }
  const twoRecords = () => stamp(produce([{ value: text('aaaa') }, { value: text('bbbb') }]))

  it.each([
    ['offsets that are not dense', compactedTail, 'lastOffsetDelta'],
    ['a control batch', control, 'attributes'],
    ['a column of offsets', offsets, 'attributes'],
  ] as const)('is %s', (_, change, field) => {
    const batch = twoRecords()
    change(viewOf(batch))
    recheck(batch)
    expect(inspectBatch(batch, 0, batch.length, 'whole')).toBeUndefined()
    expect(inspectProducedBatch(batch, 0, batch.length)).toMatchObject({
      code: 'INVALID_FIELD',
      details: { field },
    })
  })

  it('is extension blocks', () => {
    const plain = stamp(produce([{ value: text('aaaa') }]))
    const batch = new Uint8Array(plain.length + 8)
    batch.set(plain.subarray(0, BATCH_HEADER_BYTES))
    batch.set(plain.subarray(BATCH_HEADER_BYTES), BATCH_HEADER_BYTES + 8)
    batch[HEADER_WORDS_AT] = 10
    viewOf(batch).setUint32(BATCH_LENGTH_AT, batch.length, true)
    recheck(batch)
    expect(inspectBatch(batch, 0, batch.length, 'whole')).toBeUndefined()
    expect(inspectProducedBatch(batch, 0, batch.length)).toMatchObject({
      details: { field: 'headerWords' },
    })
  })

  it.each([
    [0, 0],
    [1, 0],
    [0, 3],
  ])('is a column of offsets that increases up to the last: not %s, %s', (first, second) => {
    const batch = twoRecords()
    const view = viewOf(batch)
    offsets(view)
    view.setUint32(BATCH_HEADER_BYTES + 8, first, true)
    view.setUint32(BATCH_HEADER_BYTES + 12, second, true)
    recheck(batch)
    expect(inspectBatch(batch, 0, batch.length, 'whole')).toMatchObject({
      details: { field: 'offsetDelta' },
    })
  })
})

describe('the largest values', () => {
  it('are valid', () => {
    const batch = stamp(produce([{ value: text('a') }]), {
      baseOffset: Number.MAX_SAFE_INTEGER - 1,
      appendTimeUs: Number.MAX_SAFE_INTEGER,
      epoch: 2 ** 32 - 1,
    })
    expect(inspectBatch(batch, 0, batch.length, 'whole')).toBeUndefined()
  })
})

describe('checksums', () => {
  it('are compared before the fields they cover', () => {
    const batch = fullBatch()
    viewOf(batch).setUint16(RESERVED_1_AT, 1, true)
    expect(inspectBatch(batch, 0, batch.length, 'header')).toMatchObject({
      code: 'CHECKSUM_MISMATCH',
      details: { field: 'headerCheck' },
    })
    expect(inspectProducedBatch(batch, 0, batch.length)).toMatchObject({
      code: 'CHECKSUM_MISMATCH',
      details: { field: 'bodyCheck' },
    })
  })

  it('say what is stored and what the bytes give', () => {
    const batch = fullBatch()
    const stored = viewOf(batch).getUint32(BODY_CHECK_AT, true)
    batch[100] = (batch[100] ?? 0) ^ 1
    const defect = inspectBatch(batch, 0, batch.length, 'whole')
    expect(defect?.details).toEqual({
      positionBytes: 0,
      field: 'bodyCheck',
      stored,
      computed: crc32(batch, ATTRIBUTES_AT),
    })
    expect(defect?.message).toMatch(
      /^batch at position 0: bodyCheck is 0x[0-9a-f]{8}, its bytes give 0x[0-9a-f]{8}$/,
    )
  })
})

describe('places', () => {
  it('are counted from the start of the bytes', () => {
    const { bytes, positions } = run()
    for (const position of positions) {
      expect(inspectBatch(bytes, position, bytes.length, 'whole')).toBeUndefined()
      expect(inspectBatch(bytes, position + 8, bytes.length, 'whole')).toMatchObject({
        details: { positionBytes: position + 8 },
      })
    }
  })

  it('are those of the view in inspectBatchHeader', () => {
    const { bytes, positions } = run()
    const view = viewOf(bytes)
    for (const position of positions) {
      expect(inspectBatchHeader(view, position, bytes.length)).toBeUndefined()
      expect(inspectBatchHeader(view, position, position + 71)?.code).toBe('TRUNCATED')
    }
  })
})

describe('the throwing forms', () => {
  it('throw the defect as an error', () => {
    const batch = fullBatch()
    checkBatch(batch, 0, batch.length, 'whole')
    checkProducedBatch(batch, 0, batch.length)
    batch[80] = (batch[80] ?? 0) ^ 1
    for (const check of [
      () => checkBatch(batch, 0, batch.length, 'whole'),
      () => checkProducedBatch(batch, 0, batch.length),
    ]) {
      const error = thrownBy(check)
      expect(error).toBeInstanceOf(FormatError)
      expect(error).toMatchObject(inspectBatch(batch, 0, batch.length, 'whole') ?? {})
    }
  })
})
