/** Batches for tests: records as plain values, built and stamped like the log does it. */

import {
  BatchBuilder,
  type BatchView,
  type BatchStamp,
  type BuildOptions,
  commitBatch,
  readHeaderWord,
  stampBatch,
} from '../../src/index.js'

export interface PlainRecord {
  readonly value: Uint8Array
  readonly key?: Uint8Array | undefined
  readonly headers?: Uint8Array | undefined
  readonly timeUs?: number | undefined
}

export const CREATE_TIME_US = 1_763_600_000_000_000
export const LOG_FIELDS = { baseOffset: 1000, appendTimeUs: CREATE_TIME_US + 77, epoch: 3 }

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

/** A batch as a producer makes it. */
export function produce(
  records: readonly PlainRecord[],
  options: Partial<BuildOptions> = {},
): Uint8Array {
  const builder = new BatchBuilder()
  for (const { value, ...rest } of records) builder.append(value, rest)
  return builder.build({ createTimeUs: CREATE_TIME_US, ...options })
}

/** The bytes that the log makes of a produced batch. */
export function stamp(
  produced: Uint8Array,
  fields: Partial<Omit<BatchStamp, 'headerWord' | 'batchLength'>> = {},
): Uint8Array {
  const stored = new Uint8Array(produced.length)
  const view = new DataView(stored.buffer)
  const batchStamp = {
    headerWord: readHeaderWord(produced),
    batchLength: produced.length,
    ...LOG_FIELDS,
    ...fields,
  }
  stored.set(produced.subarray(8), 8)
  stampBatch(view, 0, batchStamp)
  commitBatch(view, 0, batchStamp)
  return stored
}

/** A small stored batch that has every column a producer can make. */
export function fullBatch(): Uint8Array {
  return stamp(
    produce(
      [
        { value: text('first'), key: text('k1'), timeUs: CREATE_TIME_US - 5 },
        { value: text('') },
        { value: text('third!'), headers: text('h=1'), timeUs: CREATE_TIME_US + 9 },
      ],
      { producerId: 2 ** 40 + 1, producerEpoch: 7, baseSequence: 11 },
    ),
  )
}

/** Three batches in a row. */
export function run(): { readonly bytes: Uint8Array; readonly positions: readonly number[] } {
  const parts = [0, 1, 2].map((i) =>
    stamp(produce([{ value: text('x'.repeat(i * 9)) }]), { baseOffset: i }),
  )
  const positions: number[] = []
  let length = 0
  for (const part of parts) {
    positions.push(length)
    length += part.length
  }
  const bytes = new Uint8Array(length)
  parts.forEach((part, i) => {
    bytes.set(part, positions[i])
  })
  return { bytes, positions }
}

/** Everything a view shows, as a plain value to compare. */
export function readBack(view: BatchView): PlainRecord[] {
  return Array.from({ length: view.recordCount }, (_, i) => ({
    value: view.value(i).slice(),
    key: view.key(i)?.slice(),
    headers: view.headers(i)?.slice(),
    timeUs: view.timeUs(i),
  }))
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** `bytes` in the middle of a larger buffer of `poison`: what is outside must not matter. */
export function embed(bytes: Uint8Array, poison: number, shift = 13): Uint8Array {
  const host = new Uint8Array(bytes.length + 2 * 256 + shift).fill(poison)
  host.set(bytes, 256 + shift)
  return host.subarray(256 + shift, 256 + shift + bytes.length)
}

/** The error that `action` throws. */
export function thrownBy(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
