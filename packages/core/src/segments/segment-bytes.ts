/**
 * An opened segment file and one DataView over it.
 *
 * A value apart from the segment: a reader keeps the one it works on, so that an eviction or a deletion
 * of the segment takes nothing away from under it.
 */
import {
  APPEND_TIME_AT,
  BASE_OFFSET_AT,
  BATCH_LENGTH_AT,
  LAST_OFFSET_DELTA_AT,
  readU64,
} from '@tailrace/format'
import type { StorageFile } from '../storage/storage-port.js'

/** The bytes of an open segment file, with the fields of its batches. */
export class SegmentBytes<File extends Pick<StorageFile, 'bytes'> = StorageFile> {
  readonly file: File
  readonly bytes: Uint8Array
  readonly view: DataView
  #words: Int32Array | undefined

  constructor(file: File) {
    this.file = file
    this.bytes = file.bytes
    this.view = new DataView(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength)
  }

  /** The bytes as words of 4, for stores that must not overtake each other. */
  get words(): Int32Array {
    const { buffer, byteOffset, length } = this.bytes
    return (this.#words ??= new Int32Array(buffer, byteOffset, length >>> 2))
  }

  /** The commit word at `position`: the length of the batch there in bytes, 0 at the end of the data. */
  batchLengthAt(position: number): number {
    return this.view.getUint32(position + BATCH_LENGTH_AT, true)
  }

  /** Offset of the first record of the batch at `position`. */
  baseOffsetAt(position: number): number {
    return readU64(this.view, position + BASE_OFFSET_AT)
  }

  /** The offset after the last record of the batch at `position`. */
  nextOffsetAt(position: number): number {
    return (
      this.baseOffsetAt(position) + this.view.getUint32(position + LAST_OFFSET_DELTA_AT, true) + 1
    )
  }

  /** Append time of the batch at `position`, in microseconds. */
  appendTimeUsAt(position: number): number {
    return readU64(this.view, position + APPEND_TIME_AT)
  }
}
