/**
 * How the log puts a produced batch into a segment so that readers see it whole or not at all.
 *
 * A reader, in this process or another, looks at the commit word (`batchLength`, 4 bytes at +4). Zero
 * means "nothing here yet", and it goes no further. So the log writes it last:
 *
 * ```
 *   1  readHeaderWord   validate the source's first word (magic, version, header words)
 *   2  copy             bytes [8, batchLength) of the source to the same place in the target
 *   3  stampBatch       baseOffset, appendTimeUs, epoch, headerCheck in the target
 *   4  commitBatch      word 0, and last of all the commit word
 * ```
 *
 * Bytes [0, 8) of the target must be zero before, as prepared and never-used segment bytes are.
 * `stampBatch` cannot read those eight bytes from the target, and the header check covers them: that
 * is why both functions get them in the stamp. A stamp is a plain object that the log keeps and
 * changes, so that an append allocates nothing.
 *
 * Order between processes: x86 makes stores visible in program order. Weaker processors (ARM) may
 * not; there `commitBatchOrdered` makes the commit word a release store. Either way a reader that
 * also checks `headerCheck` never takes a half-written header for a batch.
 */

import { writeU64 } from '../bytes/u64.js'
import { assert } from '../errors/assertion.js'
import {
  APPEND_TIME_AT,
  BASE_OFFSET_AT,
  BATCH_ALIGNMENT_BYTES,
  BATCH_HEADER_BYTES,
  BATCH_LENGTH_AT,
  EPOCH_AT,
  HEADER_CHECK_AT,
} from './batch-descriptor.js'
import { defectError, truncated } from './batch-defect.js'
import { computeHeaderCheck } from './header-check.js'
import { headerWordDefect, isHeaderWord } from './header-inspector.js'

/** The first eight bytes of a batch, which are written last. */
export interface BatchCommit {
  /** The source's first four bytes as a little-endian u32, from {@link readHeaderWord}. */
  readonly headerWord: number
  /** Bytes of the batch, as in the source. */
  readonly batchLength: number
}

/** What the log adds to a produced batch. */
export interface BatchStamp extends BatchCommit {
  /** Offset of the batch's first record. */
  readonly baseOffset: number
  /** µs since 1970, not below that of the batch before. */
  readonly appendTimeUs: number
  /** Incarnation of the stream. */
  readonly epoch: number
}

/**
 * Reads the first word of the batch at `position`, to be passed on in a stamp.
 *
 * @throws {FormatError} TRUNCATED, BAD_MAGIC, UNSUPPORTED_FORMAT_VERSION or INVALID_FIELD
 * when there is no header of this format
 */
export function readHeaderWord(bytes: Uint8Array, position = 0): number {
  const availableBytes = bytes.length - position
  if (!(position >= 0 && availableBytes >= BATCH_HEADER_BYTES)) {
    throw defectError(truncated(position, BATCH_HEADER_BYTES, Math.max(0, availableBytes)))
  }
  let headerWord = 0
  for (let at = 3; at >= 0; at--) headerWord = headerWord * 256 + (bytes[position + at] as number)
  if (!isHeaderWord(headerWord)) throw defectError(headerWordDefect(position, headerWord))
  return headerWord
}

/**
 * Writes the log's fields and the header check of the batch at `position` of `target`.
 *
 * Bytes [32, 72) of the header must be in place; bytes [0, 8) are neither read nor written.
 *
 * @throws {AssertionError} when a field of the stamp is out of its range
 */
export function stampBatch(target: DataView, position: number, stamp: BatchStamp): void {
  const { headerWord, batchLength } = stamp
  assertCommit(position, stamp)
  writeU64(target, position + BASE_OFFSET_AT, stamp.baseOffset)
  writeU64(target, position + APPEND_TIME_AT, stamp.appendTimeUs)
  target.setUint32(position + EPOCH_AT, stamp.epoch, true)
  const headerCheck = computeHeaderCheck(target, position, headerWord, batchLength)
  target.setUint32(position + HEADER_CHECK_AT, headerCheck, true)
}

/**
 * Makes the stamped batch at `position` visible: writes its first word, then the commit word.
 *
 * @throws {AssertionError} when the commit is not one of a valid batch
 */
export function commitBatch(target: DataView, position: number, commit: BatchCommit): void {
  assertCommit(position, commit)
  target.setUint32(position, commit.headerWord, true)
  target.setUint32(position + BATCH_LENGTH_AT, commit.batchLength, true)
}

/**
 * Like {@link commitBatch}, with the commit word as an atomic store that no earlier store overtakes.
 *
 * `words` covers the target from its position 0; costs some 10 ns more. Little-endian hosts only,
 * which is all that a mapped segment is offered on.
 */
export function commitBatchOrdered(words: Int32Array, position: number, commit: BatchCommit): void {
  assertCommit(position, commit)
  words[position / 4] = commit.headerWord
  Atomics.store(words, (position + BATCH_LENGTH_AT) / 4, commit.batchLength)
}

function assertCommit(position: number, { headerWord, batchLength }: BatchCommit): void {
  assert(position % BATCH_ALIGNMENT_BYTES === 0, 'a batch begins at a multiple of 8')
  assert(batchLength % BATCH_ALIGNMENT_BYTES === 0, 'a batch is a multiple of 8 bytes long')
  assert(batchLength > BATCH_HEADER_BYTES, 'a batch is longer than its header')
  assert(isHeaderWord(headerWord), 'the header word is that of this format')
}
