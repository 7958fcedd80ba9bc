/** Ways in which a stopped stream of `fill` can be damaged, and what must be said of each. */

import {
  encodeSegmentHeader,
  END_MARKER_BYTES,
  RECOVERY_POINTS_AT,
  SEGMENT_HEADER_BYTES,
} from '@tailrace/format'
import type { DefectCode } from '../../../src/index.js'
import { flip, patch, scribble, type Disk, type PlacedBatch } from './disk.js'
import { RECORD_COUNT, type OffsetRange } from './filled-stream.js'

/** What verify and repair are to say. */
export interface Expected {
  /** Codes of the defects, in order. */
  readonly codes: readonly DefectCode[]
  /** Records that cannot be read any more, joined. */
  readonly lost: readonly OffsetRange[]
  /** True when records may have vanished at the end. Default false. */
  readonly changesEpoch?: boolean
  /** Where the log ends afterwards. Default: where it ended. */
  readonly endOffset?: number
}

/** One way to damage it. */
export interface Corruptor {
  readonly name: string
  /** Damages the stream; the batches are as they were before, by segment. */
  readonly damage: (disk: Disk, segments: readonly (readonly PlacedBatch[])[]) => Promise<void>
  readonly expected: Expected
}

/** Batches have three records, segments seven batches; the fifth segment is the active one. */
const lostBatches = (first: number, count = 1): OffsetRange => [first * 3, (first + count) * 3]

function batchAt(segments: readonly (readonly PlacedBatch[])[], index: number): PlacedBatch {
  const batch = segments.flat()[index]
  if (batch === undefined) throw new RangeError(`no batch ${String(index)}`)
  return batch
}

function fileAt(segments: readonly (readonly PlacedBatch[])[], index: number): string {
  return segments[index]?.[0]?.file ?? ''
}

/** Batches in sealed segments, by their number in the stream. */
const SEALED: readonly Corruptor[] = [
  {
    name: 'a bit of a value flips',
    damage: async (disk, segments) => {
      const { file, end } = batchAt(segments, 9)
      await flip(disk, file, end - 100)
    },
    expected: { codes: ['CHECKSUM_MISMATCH'], lost: [lostBatches(9)] },
  },
  {
    name: 'a bit of a column flips',
    damage: async (disk, segments) => {
      const { file, position } = batchAt(segments, 9)
      await flip(disk, file, position + 73)
    },
    expected: { codes: ['CHECKSUM_MISMATCH'], lost: [lostBatches(9)] },
  },
  ...[0, 2, 3, 4, 6, 9, 17, 24, 28, 32, 36, 40, 44, 50, 60].map((at): Corruptor => {
    // Magic, version and lengths are looked at before any checksum.
    const codes: Partial<Record<number, DefectCode>> = {
      0: 'BAD_MAGIC',
      2: 'UNSUPPORTED_FORMAT_VERSION',
      4: 'CHECKSUM_MISMATCH',
      6: 'TRUNCATED',
    }
    return {
      name: `a bit of byte ${String(at)} of a batch header flips`,
      damage: async (disk, segments) => {
        const { file, position } = batchAt(segments, 9)
        await flip(disk, file, position + at)
      },
      expected: { codes: [codes[at] ?? 'CHECKSUM_MISMATCH'], lost: [lostBatches(9)] },
    }
  }),
  {
    name: 'the length of a batch leads to a later one',
    damage: async (disk, segments) => {
      const { file, position } = batchAt(segments, 9)
      const length = batchAt(segments, 11).end - position
      await patch(disk, file, (bytes) => {
        new DataView(bytes.buffer).setUint32(position + 4, length, true)
        return bytes
      })
    },
    expected: { codes: ['CHECKSUM_MISMATCH'], lost: [lostBatches(9)] },
  },
  {
    name: 'a sector with the header of a batch is lost',
    damage: async (disk, segments) => {
      const { file, position } = batchAt(segments, 9)
      await scribble(disk, file, { start: position - 200, end: position + 312 })
    },
    expected: { codes: ['CHECKSUM_MISMATCH', 'BAD_MAGIC'], lost: [lostBatches(8, 2)] },
  },
  {
    name: 'a page with the header of a batch is zero',
    damage: async (disk, segments) => {
      const { file, position } = batchAt(segments, 9)
      await patch(disk, file, (bytes) => bytes.fill(0, position - 8, position + 4088))
    },
    expected: { codes: ['CHECKSUM_MISMATCH', 'TRUNCATED'], lost: [lostBatches(8, 2)] },
  },
  {
    name: 'three batches next to each other',
    damage: async (disk, segments) => {
      for (const index of [8, 9, 10]) {
        const { file, position } = batchAt(segments, index)
        await flip(disk, file, position + 200)
      }
    },
    expected: {
      codes: ['CHECKSUM_MISMATCH', 'CHECKSUM_MISMATCH', 'CHECKSUM_MISMATCH'],
      lost: [lostBatches(8, 3)],
    },
  },
  {
    name: 'every other batch of a segment',
    damage: async (disk, segments) => {
      for (const index of [7, 9, 11, 13]) {
        const { file, position } = batchAt(segments, index)
        await scribble(disk, file, { start: position, end: position + 72 })
      }
    },
    expected: {
      codes: ['BAD_MAGIC', 'BAD_MAGIC', 'BAD_MAGIC', 'BAD_MAGIC'],
      lost: [lostBatches(7), lostBatches(9), lostBatches(11), lostBatches(13)],
    },
  },
  {
    name: 'the first batch of the first segment',
    damage: async (disk, segments) => {
      const { file, position } = batchAt(segments, 0)
      await scribble(disk, file, { start: position, end: position + 72 })
    },
    expected: { codes: ['BAD_MAGIC'], lost: [lostBatches(0)] },
  },
  {
    name: 'the last batch of a segment and the first of the next',
    damage: async (disk, segments) => {
      for (const index of [13, 14]) {
        const { file, position } = batchAt(segments, index)
        await scribble(disk, file, { start: position, end: position + 72 })
      }
    },
    expected: { codes: ['BAD_MAGIC', 'BAD_MAGIC'], lost: [lostBatches(13, 2)] },
  },
  {
    name: 'all batches of a segment',
    damage: async (disk, segments) => {
      const file = fileAt(segments, 2)
      await scribble(disk, file, { start: SEGMENT_HEADER_BYTES, end: Infinity })
    },
    expected: { codes: ['BAD_MAGIC'], lost: [lostBatches(14, 7)] },
  },
  {
    name: 'all bytes of a segment',
    damage: async (disk, segments) => {
      await scribble(disk, fileAt(segments, 2), { start: 0, end: Infinity })
    },
    expected: { codes: ['BAD_MAGIC', 'BAD_MAGIC'], lost: [lostBatches(14, 7)] },
  },
  {
    name: 'a segment is cut in the middle of a batch',
    damage: async (disk, segments) => {
      const { file, position } = batchAt(segments, 16)
      await patch(disk, file, (bytes) => bytes.slice(0, position + 1000))
    },
    expected: { codes: ['TRUNCATED'], lost: [lostBatches(16, 5)] },
  },
  {
    name: 'a segment is empty',
    damage: async (disk, segments) => {
      await disk.write(fileAt(segments, 2), new Uint8Array(0))
    },
    expected: { codes: ['TRUNCATED', 'TRUNCATED'], lost: [lostBatches(14, 7)] },
  },
  {
    name: 'a segment is missing',
    damage: async (disk, segments) => {
      await disk.remove(fileAt(segments, 2))
    },
    expected: { codes: ['OFFSET_GAP'], lost: [lostBatches(14, 7)] },
  },
  {
    name: 'the first segment is missing',
    damage: async (disk, segments) => {
      await disk.remove(fileAt(segments, 0))
    },
    expected: { codes: ['OFFSET_GAP'], lost: [lostBatches(0, 7)] },
  },
  {
    name: 'the end marker is cut',
    damage: async (disk, segments) => {
      const file = fileAt(segments, 1)
      await patch(disk, file, (bytes) => bytes.slice(0, bytes.length - END_MARKER_BYTES))
    },
    expected: { codes: ['TRUNCATED'], lost: [] },
  },
  {
    name: 'a bit of the end marker flips',
    damage: async (disk, segments) => {
      const file = fileAt(segments, 1)
      await flip(disk, file, disk.read(file).length - 3)
    },
    expected: { codes: ['INVALID_FIELD'], lost: [] },
  },
  {
    name: 'the header of a segment',
    damage: async (disk, segments) => {
      await scribble(disk, fileAt(segments, 1), { start: 0, end: RECOVERY_POINTS_AT })
    },
    expected: { codes: ['BAD_MAGIC'], lost: [] },
  },
  {
    name: 'the header of a segment and its first batch',
    damage: async (disk, segments) => {
      const { file, position } = batchAt(segments, 7)
      await scribble(disk, file, { start: 0, end: position + 72 })
    },
    expected: { codes: ['BAD_MAGIC', 'BAD_MAGIC'], lost: [lostBatches(7)] },
  },
  {
    name: 'a batch is there twice, the later one over another',
    damage: async (disk, segments) => {
      const copied = batchAt(segments, 8)
      const { file, position } = batchAt(segments, 10)
      await patch(disk, file, (bytes) => {
        bytes.copyWithin(position, copied.position, copied.end)
        return bytes
      })
    },
    expected: { codes: ['INVALID_FIELD'], lost: [lostBatches(10)] },
  },
  {
    name: 'a segment of another stream under the name of one',
    damage: async (disk, segments) => {
      const file = fileAt(segments, 2)
      const header = { streamId: 'ab'.repeat(16), epoch: 1, baseOffset: 42, createdUs: 1 }
      await patch(disk, file, (bytes) => {
        bytes.set(encodeSegmentHeader(header))
        return bytes
      })
    },
    expected: { codes: ['MISPLACED', 'OFFSET_GAP'], lost: [lostBatches(14, 7)] },
  },
  {
    name: 'two segments at once',
    damage: async (disk, segments) => {
      for (const index of [3, 16]) {
        const { file, end } = batchAt(segments, index)
        await flip(disk, file, end - 100)
      }
    },
    expected: {
      codes: ['CHECKSUM_MISMATCH', 'CHECKSUM_MISMATCH'],
      lost: [lostBatches(3), lostBatches(16)],
    },
  },
]

/** The active segment holds the batches 28, 29 and 30; its recovery point covers them. */
const ACTIVE: readonly Corruptor[] = [
  {
    name: 'a bit in the middle of the active segment',
    damage: async (disk, segments) => {
      const { file, end } = batchAt(segments, 29)
      await flip(disk, file, end - 100)
    },
    expected: { codes: ['CHECKSUM_MISMATCH'], lost: [lostBatches(29)] },
  },
  {
    name: 'a header in the middle of the active segment',
    damage: async (disk, segments) => {
      const { file, position } = batchAt(segments, 29)
      await scribble(disk, file, { start: position, end: position + 72 })
    },
    expected: { codes: ['BAD_MAGIC'], lost: [lostBatches(29)] },
  },
  {
    name: 'the first batch of the active segment',
    damage: async (disk, segments) => {
      const { file, position } = batchAt(segments, 28)
      await scribble(disk, file, { start: position, end: position + 72 })
    },
    expected: { codes: ['BAD_MAGIC'], lost: [lostBatches(28)] },
  },
  {
    name: 'the last durable batch',
    damage: async (disk, segments) => {
      const { file, position, end } = batchAt(segments, 30)
      await scribble(disk, file, { start: position, end })
    },
    expected: { codes: ['BAD_MAGIC'], lost: [lostBatches(30)] },
  },
  {
    name: 'everything in the active segment, to the recovery point',
    damage: async (disk, segments) => {
      const { file, position } = batchAt(segments, 28)
      const { end } = batchAt(segments, 30)
      await scribble(disk, file, { start: position, end })
    },
    expected: { codes: ['BAD_MAGIC'], lost: [lostBatches(28, 3)] },
  },
  {
    name: 'the last durable batch and bytes behind it',
    damage: async (disk, segments) => {
      const { file, position, end } = batchAt(segments, 30)
      await scribble(disk, file, { start: position, end: end + 1000 })
    },
    expected: { codes: ['BAD_MAGIC'], lost: [lostBatches(30)], changesEpoch: true },
  },
  {
    name: 'a batch in the middle, with a torn tail behind the last one',
    damage: async (disk, segments) => {
      const { file, position } = batchAt(segments, 29)
      const { end } = batchAt(segments, 30)
      await scribble(disk, file, { start: position, end: position + 72 })
      await scribble(disk, file, { start: end, end: end + 1000 })
    },
    expected: { codes: ['BAD_MAGIC'], lost: [lostBatches(29)], changesEpoch: true },
  },
  {
    name: 'the active segment is cut in its last batch',
    damage: async (disk, segments) => {
      const { file, position } = batchAt(segments, 30)
      await patch(disk, file, (bytes) => bytes.slice(0, position + 500))
    },
    expected: { codes: ['TRUNCATED'], lost: [lostBatches(30)] },
  },
  {
    name: 'the active segment is cut to its header',
    damage: async (disk, segments) => {
      const file = fileAt(segments, 4)
      await patch(disk, file, (bytes) => bytes.slice(0, SEGMENT_HEADER_BYTES))
    },
    expected: { codes: ['TRUNCATED'], lost: [lostBatches(28, 3)] },
  },
  {
    name: 'the newest segment file is gone',
    damage: async (disk, segments) => {
      await disk.remove(fileAt(segments, 4))
    },
    expected: { codes: ['OFFSET_GAP'], lost: [lostBatches(28, 3)], changesEpoch: true },
  },
  {
    name: 'the two newest segment files are gone',
    damage: async (disk, segments) => {
      for (const index of [3, 4]) await disk.remove(fileAt(segments, index))
    },
    expected: { codes: ['OFFSET_GAP'], lost: [lostBatches(21, 10)], changesEpoch: true },
  },
  {
    name: 'all bytes of the newest segment are zero',
    damage: async (disk, segments) => {
      await patch(disk, fileAt(segments, 4), (bytes) => bytes.fill(0))
    },
    expected: { codes: ['OFFSET_GAP'], lost: [lostBatches(28, 3)], changesEpoch: true },
  },
  {
    name: 'all bytes of the newest segment are others',
    damage: async (disk, segments) => {
      await scribble(disk, fileAt(segments, 4), { start: 0, end: Infinity })
    },
    expected: { codes: ['OFFSET_GAP'], lost: [lostBatches(28, 3)], changesEpoch: true },
  },
  {
    name: 'the newest segment is zero behind its header, recovery points and all',
    damage: async (disk, segments) => {
      await patch(disk, fileAt(segments, 4), (bytes) => bytes.fill(0, RECOVERY_POINTS_AT))
    },
    expected: { codes: ['OFFSET_GAP'], lost: [lostBatches(28, 3)], changesEpoch: true },
  },
  {
    name: 'the newest segment has no recovery point and no batch that holds',
    damage: async (disk, segments) => {
      const file = fileAt(segments, 4)
      await scribble(disk, file, { start: RECOVERY_POINTS_AT, end: Infinity })
    },
    expected: { codes: ['OFFSET_GAP'], lost: [lostBatches(28, 3)], changesEpoch: true },
  },
  {
    name: 'the header of the active segment',
    damage: async (disk, segments) => {
      await scribble(disk, fileAt(segments, 4), { start: 0, end: RECOVERY_POINTS_AT })
    },
    expected: { codes: ['BAD_MAGIC'], lost: [] },
  },
  {
    name: 'the first sector of the active segment, recovery points and all',
    damage: async (disk, segments) => {
      await scribble(disk, fileAt(segments, 4), { start: 0, end: 512 })
    },
    expected: { codes: ['BAD_MAGIC', 'BAD_MAGIC'], lost: [lostBatches(28)] },
  },
  {
    name: 'damage in a sealed segment and in the active one',
    damage: async (disk, segments) => {
      for (const index of [9, 29]) {
        const { file, position } = batchAt(segments, index)
        await scribble(disk, file, { start: position, end: position + 72 })
      }
    },
    expected: { codes: ['BAD_MAGIC', 'BAD_MAGIC'], lost: [lostBatches(9), lostBatches(29)] },
  },
]

/** All of them. */
export const CORRUPTORS: readonly Corruptor[] = [...SEALED, ...ACTIVE].map((corruptor) => ({
  ...corruptor,
  expected: { endOffset: RECORD_COUNT, ...corruptor.expected },
}))
