/**
 * ACK: which published batches are stored, for many channels in one frame.
 *
 * The body is entries of 16 bytes, one after another:
 *
 * ```
 *  at  size  field
 *   0   2    channel          of the producer
 *   2   2    flags            bit 0 duplicate, bit 1 durable
 *   4   4    throughOrdinal   the last batch acknowledged
 *   8   8    baseOffset       of the first record of the first batch acknowledged
 * ```
 *
 * An entry is cumulative: it covers every batch of its channel after the previous entry, up to
 * `throughOrdinal`; their offsets follow one another from `baseOffset`. Reading is by cursor and
 * writing by a reusable builder, so that a turn with thousands of acknowledgements allocates once.
 */

import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from '../bytes.js'
import { ARGUMENT_MAX, CHANNEL_MAX, FRAME_PREFIX_BYTES, writeFramePrefix } from '../frames/frame.js'
import { FrameType } from '../frames/frame-type.js'
import { assertInteger, malformed } from '../malformed.js'

const CHANNEL_AT = 0
const FLAGS_AT = CHANNEL_AT + 2
const THROUGH_ORDINAL_AT = FLAGS_AT + 2
const BASE_OFFSET_AT = THROUGH_ORDINAL_AT + 4

/** Bytes of one entry in an ACK's body. */
export const ACK_ENTRY_BYTES = BASE_OFFSET_AT + 8

/** The log already had these batches; they were not stored again. */
export const ACK_FLAG_DUPLICATE = 0b01

/** The batches have survived an fdatasync. */
export const ACK_FLAG_DURABLE = 0b10

/** `baseOffset` of duplicates whose offset the log no longer remembers. */
export const OFFSET_UNKNOWN = Number.MAX_SAFE_INTEGER

const CAPACITY_ENTRIES_MIN = 16

/** One entry of an ACK. */
export interface AckEntry {
  readonly channel: number
  readonly throughOrdinal: number
  readonly baseOffset: number
  readonly isDuplicate: boolean
  readonly isDurable: boolean
}

/** Makes an ACK of at least one entry. */
export function encodeAckFrame(entries: Iterable<AckEntry>): Uint8Array<ArrayBuffer> {
  const builder = new AckFrameBuilder()
  for (const entry of entries) builder.append(entry)
  return builder.build()
}

/**
 * Decodes the body of an ACK into objects. On a hot path use `AckCursor`.
 *
 * @throws {ProtocolError} MALFORMED_FRAME as `AckCursor`.
 */
export function decodeAckBody(body: Uint8Array): AckEntry[] {
  const entries: AckEntry[] = []
  const cursor = new AckCursor().wrap(body)
  while (cursor.next()) {
    const { channel, throughOrdinal, baseOffset, isDuplicate, isDurable } = cursor
    entries.push({ channel, throughOrdinal, baseOffset, isDuplicate, isDurable })
  }
  return entries
}

/** Collects entries and makes ACK frames of them; keeps its buffer from one frame to the next. */
export class AckFrameBuilder {
  private bytes = new Uint8Array(FRAME_PREFIX_BYTES + CAPACITY_ENTRIES_MIN * ACK_ENTRY_BYTES)
  private end = FRAME_PREFIX_BYTES

  /** Entries appended since the last `build`. */
  get entryCount(): number {
    return (this.end - FRAME_PREFIX_BYTES) / ACK_ENTRY_BYTES
  }

  /** Bytes of the frame if built now. */
  get sizeBytes(): number {
    return this.end
  }

  /** Appends an entry; the object is not kept. Throws RangeError when a field does not fit. */
  append(entry: AckEntry): void {
    const { channel, throughOrdinal, baseOffset, isDuplicate, isDurable } = entry
    assertInteger('channel', channel, { min: 1, max: CHANNEL_MAX })
    assertInteger('throughOrdinal', throughOrdinal, { max: ARGUMENT_MAX })
    assertInteger('baseOffset', baseOffset, { max: OFFSET_UNKNOWN })
    this.makeRoom()
    const flags = (isDuplicate ? ACK_FLAG_DUPLICATE : 0) | (isDurable ? ACK_FLAG_DURABLE : 0)
    writeU16(this.bytes, this.end + CHANNEL_AT, channel)
    writeU16(this.bytes, this.end + FLAGS_AT, flags)
    writeU32(this.bytes, this.end + THROUGH_ORDINAL_AT, throughOrdinal)
    writeU64(this.bytes, this.end + BASE_OFFSET_AT, baseOffset)
    this.end += ACK_ENTRY_BYTES
  }

  /** Returns the frame, fresh bytes, and starts the next one. Throws RangeError when empty. */
  build(): Uint8Array<ArrayBuffer> {
    if (this.entryCount === 0) throw new RangeError('an ACK has at least one entry')
    writeFramePrefix(this.bytes, 0, { type: FrameType.ACK })
    const frame = this.bytes.slice(0, this.end)
    this.end = FRAME_PREFIX_BYTES
    return frame
  }

  private makeRoom(): void {
    if (this.end + ACK_ENTRY_BYTES <= this.bytes.byteLength) return
    const larger = new Uint8Array(this.bytes.byteLength * 2)
    larger.set(this.bytes)
    this.bytes = larger
  }
}

/**
 * Goes over the entries of an ACK; its fields are those of the entry it stands on.
 *
 * Make one and `wrap` frame after frame: nothing is allocated. `wrap(frame, FRAME_PREFIX_BYTES)` reads
 * a whole frame without a view of its body.
 */
export class AckCursor implements AckEntry {
  private bytes: Uint8Array = new Uint8Array(0)
  private position = 0

  /** The producer's channel, from 1. */
  channel = 0
  /** The last batch acknowledged. */
  throughOrdinal = 0
  /** The offset of the first record of the first batch acknowledged, or `OFFSET_UNKNOWN`. */
  baseOffset = 0
  isDuplicate = false
  isDurable = false

  /**
   * Stands before the first entry of the body that begins at `start` and goes to the end of `bytes`.
   *
   * @throws {ProtocolError} MALFORMED_FRAME when the body is not one or more whole entries.
   */
  wrap(bytes: Uint8Array, start = 0): this {
    const bodyBytes = bytes.byteLength - start
    if (bodyBytes <= 0 || bodyBytes % ACK_ENTRY_BYTES !== 0) {
      throw malformed(
        `body is ${bodyBytes} bytes, must be a positive multiple of ${ACK_ENTRY_BYTES} (ACK)`,
        { bodyBytes, entryBytes: ACK_ENTRY_BYTES },
      )
    }
    this.bytes = bytes
    this.position = start
    return this
  }

  /**
   * Steps to the next entry; false after the last.
   *
   * @throws {ProtocolError} MALFORMED_FRAME when its channel is 0 or its offset above 2^53 − 1.
   */
  next(): boolean {
    const { bytes, position } = this
    if (position >= bytes.byteLength) return false
    const flags = readU16(bytes, position + FLAGS_AT)
    this.channel = readU16(bytes, position + CHANNEL_AT)
    this.throughOrdinal = readU32(bytes, position + THROUGH_ORDINAL_AT)
    this.baseOffset = readU64(bytes, position + BASE_OFFSET_AT)
    this.isDuplicate = (flags & ACK_FLAG_DUPLICATE) !== 0
    this.isDurable = (flags & ACK_FLAG_DURABLE) !== 0
    if (this.channel === 0) throw malformed('field "channel" is 0, must be at least 1 (ACK)')
    if (this.baseOffset > OFFSET_UNKNOWN) {
      throw malformed(
        `field "baseOffset" is above ${OFFSET_UNKNOWN}, the highest offset there is (ACK)`,
      )
    }
    this.position = position + ACK_ENTRY_BYTES
    return true
  }
}
