/**
 * The segment files of a stream that another process writes, by their names.
 *
 * Whatever is looked at here may be renamed or removed at the same moment. So every answer is only a
 * hint, and a file that is missing is an answer like any other.
 */
import {
  decodeSegmentHeader,
  FormatError,
  parseSegmentFileName,
  segmentFileName,
} from '@tailrace/format'
import type { IdentifiedFile, ReadOnlyStorage } from '../storage/read-only-storage.js'
import { isMissingFile } from './follow-errors.js'

/** A segment file that is open. */
export interface OpenedSegment {
  readonly baseOffset: number
  readonly file: IdentifiedFile
}

/** How often a directory that does not stand still is listed. */
const LISTINGS_MAX = 16

/** The segment files of a stream that another process writes. */
export class FollowedFiles {
  readonly #storage: ReadOnlyStorage
  readonly #directory: string
  readonly #streamId: string

  /** @param place - the stream's directory, and the identity that its segments must bear. */
  constructor(
    storage: ReadOnlyStorage,
    place: { readonly directory: string; readonly streamId: string },
  ) {
    this.#storage = storage
    this.#directory = place.directory
    this.#streamId = place.streamId
  }

  /**
   * The base offsets of the segments that hold records at or above `startOffset`, ascending.
   *
   * A directory that is changed while it is listed may show a later change and not an earlier one, so it
   * is listed until two listings are the same: then there is no segment missing between two others.
   */
  baseOffsets(startOffset: number): readonly number[] {
    let listed = this.#list()
    for (let count = 1; count < LISTINGS_MAX; count += 1) {
      const again = this.#list()
      if (isSame(listed, again)) break
      listed = again
    }
    return listed.filter((_, at) => (listed[at + 1] ?? Infinity) > startOffset)
  }

  /** Size of a segment's file in bytes; 0 when it is missing. */
  sizeBytes(baseOffset: number): number {
    return this.#storage.stat(this.#path(baseOffset))?.sizeBytes ?? 0
  }

  /** Which file bears the name of the segment now; undefined when none does. */
  identity(baseOffset: number): string | undefined {
    return this.#storage.stat(this.#path(baseOffset))?.identity
  }

  /**
   * Opens the segment; undefined when it is missing, or no segment of this stream begins in it: after a
   * loss of power the header of a new file may not have reached the disk, until recovery moves it aside.
   */
  open(baseOffset: number): OpenedSegment | undefined {
    try {
      const file = this.#storage.open(this.#path(baseOffset), 'read')
      const header = decodeSegmentHeader(file.bytes)
      const isOurs = header.baseOffset === baseOffset && header.streamId === this.#streamId
      return isOurs ? { baseOffset, file } : undefined
    } catch (error) {
      if (isMissingFile(error) || error instanceof FormatError) return undefined
      throw error
    }
  }

  /**
   * Opens what continues a segment that ends at `nextOffset`; undefined when there is nothing yet. One
   * without records may have been replaced by a larger file of the same name.
   */
  openBehind(current: OpenedSegment, nextOffset: number): OpenedSegment | undefined {
    const identity = this.identity(nextOffset)
    if (identity === undefined || identity === current.file.identity) return undefined
    return this.open(nextOffset)
  }

  #list(): readonly number[] {
    const names = this.#storage.names(this.#directory) ?? []
    return names
      .map(parseSegmentFileName)
      .filter((baseOffset) => baseOffset !== undefined)
      .sort((left, right) => left - right)
  }

  #path(baseOffset: number): string {
    return `${this.#directory}/${segmentFileName(baseOffset)}`
  }
}

function isSame(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((value, at) => value === right[at])
}
