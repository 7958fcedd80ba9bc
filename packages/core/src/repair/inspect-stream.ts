/**
 * Looks at a whole stream on disk: every file, every batch, in the order in which opening it would.
 *
 * The one place that knows what of a stream is known to be durable, what a crash explains and what is
 * damage; verify tells of the result, repair plans from it. Reads only, may run beside a writer, and
 * takes what that removes meanwhile for removed.
 */
import { StorageError } from '@tailrace/format'
import { isContinued } from '../log/gap.js'
import type { Gap } from '../log/gap.js'
import { knownEnd } from '../log/known-end.js'
import { readStreamMetadata } from '../log/stream-metadata.js'
import { PRODUCER_SNAPSHOT_FILE, readProducerSnapshot } from '../producers/producer-snapshot.js'
import type { StreamMetadata } from '../log/stream-metadata.js'
import { ByteWindow } from './byte-window.js'
import type { WindowBuffer } from './byte-window.js'
import type { FileSource, SourceFile } from './file-source.js'
import { IndexCheck } from './index-check.js'
import { readSegmentHead } from './segment-head.js'
import type { SegmentHead } from './segment-head.js'
import { scanSegment } from './segment-scan.js'
import type { DurableExtent, SegmentScan } from './segment-scan.js'
import { streamFiles } from './stream-files.js'
import type { SegmentPlace, StreamFiles } from './stream-files.js'
import { isBeingWritten } from './writer-at-work.js'

/** What an inspection works with. */
export interface InspectionOptions {
  readonly source: FileSource
  /** The stream's directory. */
  readonly directory: string
  readonly buffer: WindowBuffer
  /** Hears of each part of a segment that was read; may throw to end the inspection. */
  readonly onRead: (segment: SegmentPlace, endPosition: number) => void
}

/** A segment and what was found in it. */
export interface InspectedSegment {
  readonly place: SegmentPlace
  readonly head: SegmentHead
  readonly durable: DurableExtent
  /** Undefined for a segment that a later release wrote. */
  readonly scan: SegmentScan | undefined
  /** The offset after its last record. */
  readonly endOffset: number
  /** What is wrong with its index; undefined when nothing is, or none is due. */
  readonly indexProblem: string | undefined
  readonly unreadableBytes: number
  /** Bytes behind the end of the data that a writer is just storing. */
  readonly isBeingWritten: boolean
}

/** What was found. */
export interface InspectedStream {
  /** Undefined when it is missing or damaged. */
  readonly metadata: StreamMetadata | undefined
  /** Why there is none. */
  readonly metadataProblem: string | undefined
  readonly files: StreamFiles
  /** The segments that make up the log, in order. */
  readonly segments: readonly InspectedSegment[]
  /** Segments of another stream or place, which are no part of the log whatever they hold. */
  readonly misplaced: readonly MisplacedSegment[]
  /** Segments behind the end of the log: the next opening moves them aside, as part of a torn tail. */
  readonly orphans: readonly SegmentPlace[]
  /** Holes that no listed gap explains, in order. */
  readonly holes: readonly Hole[]
  readonly startOffset: number
  readonly endOffset: number
}

/** A segment whose header says that it belongs elsewhere. */
export interface MisplacedSegment {
  readonly place: SegmentPlace
  /** Lower case, actual then allowed. */
  readonly reason: string
}

/** Records that are missing between segments. */
export interface Hole {
  readonly from: number
  /** Where the records go on; without a file behind the hole, how far the log reached at least. */
  readonly to: number
  /** The file behind the hole; undefined when there is none. */
  readonly before: SegmentPlace | undefined
}

/** A segment whose head was read. */
interface Headed {
  readonly place: SegmentPlace
  readonly head: SegmentHead
}

/** Inspects a stream; undefined when its directory is gone. @throws {StorageError} IO_ERROR. */
export async function inspectStream(
  options: InspectionOptions,
): Promise<InspectedStream | undefined> {
  return new StreamInspection(options).run()
}

class StreamInspection {
  readonly #options: InspectionOptions
  #metadata: StreamMetadata | undefined
  #metadataProblem: string | undefined
  /** As of before the directory was listed: what a writer has noted since is of no use. */
  #knownEnd = 0

  constructor(options: InspectionOptions) {
    this.#options = options
  }

  async run(): Promise<InspectedStream | undefined> {
    const { source, directory } = this.#options
    await this.#readMetadata()
    await this.#readKnownEnd()
    const files = await streamFiles(source, directory, this.#metadata?.repair)
    if (files === undefined) return undefined
    const { headed, misplaced } = await this.#readHeads(files.segments)
    const { scanned, orphans } = await this.#scan(headed, files)
    const startOffset = this.#metadata?.startOffset ?? scanned[0]?.place.baseOffset ?? 0
    const segments = withoutGivenUp(scanned, startOffset)
    const endOffset = segments.at(-1)?.endOffset ?? startOffset
    return {
      metadata: this.#metadata,
      metadataProblem: this.#metadataProblem,
      files,
      segments,
      misplaced,
      orphans,
      holes: this.#holes(segments, startOffset),
      startOffset,
      endOffset,
    }
  }

  get #gaps(): readonly Gap[] {
    return this.#metadata?.gaps ?? []
  }

  async #readMetadata(): Promise<void> {
    const { source, directory } = this.#options
    const bytes = await source.readFile(`${directory}/stream.meta`)
    try {
      this.#metadata = readStreamMetadata({ readFile: () => bytes }, directory)
      this.#metadataProblem = this.#metadata === undefined ? 'stream.meta is missing' : undefined
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      this.#metadataProblem = error.message
    }
  }

  async #readKnownEnd(): Promise<void> {
    if (this.#metadata === undefined) return
    const { source, directory } = this.#options
    const bytes = await source.readFile(`${directory}/${PRODUCER_SNAPSHOT_FILE}`)
    const snapshot = readProducerSnapshot({ readFile: () => bytes }, directory)
    this.#knownEnd = knownEnd(this.#metadata, snapshot)
  }

  async #readHeads(
    places: readonly SegmentPlace[],
  ): Promise<{ readonly headed: Headed[]; readonly misplaced: MisplacedSegment[] }> {
    const headed: Headed[] = []
    const misplaced: MisplacedSegment[] = []
    for (const place of places) {
      const head = await this.#withFile(place, (file) => readSegmentHead(file, place.baseOffset))
      if (head === undefined) continue
      const reason = this.#whyMisplaced(place, head)
      if (reason === undefined) headed.push({ place, head })
      else misplaced.push({ place, reason })
    }
    return { headed, misplaced }
  }

  #whyMisplaced({ baseOffset }: SegmentPlace, { header }: SegmentHead): string | undefined {
    const expectedId = this.#metadata?.streamId
    if (header === undefined) return undefined
    if (expectedId !== undefined && header.streamId !== expectedId) {
      return `the segment is of the stream with the id ${header.streamId}, this one has ${expectedId}`
    }
    if (header.baseOffset === baseOffset) return undefined
    return `the segment begins at offset ${header.baseOffset}, its name says ${baseOffset}`
  }

  /** As recovery does it: what lies before the newest recovery point is durable, then what goes on. */
  async #scan(
    headed: readonly Headed[],
    files: StreamFiles,
  ): Promise<{ readonly scanned: InspectedSegment[]; readonly orphans: SegmentPlace[] }> {
    const newest = headed.findLastIndex(({ head }) => head.point !== undefined)
    const pointed = Math.max(0, newest)
    const scanned: InspectedSegment[] = []
    for (const [at, { place, head }] of headed.entries()) {
      const last = scanned.at(-1)
      const isFresh = at > pointed
      if (isFresh && last !== undefined && !this.#goesOn(last, { place, head })) {
        return { scanned, orphans: headed.slice(at).map((orphan) => orphan.place) }
      }
      const durable = at < pointed ? this.#allOf(headed, at) : durableByPoint(at, pointed, head)
      const inspected = await this.#inspect({ place, head, durable, last }, files)
      if (isFresh && inspected !== undefined && isStranger(inspected)) {
        return { scanned, orphans: headed.slice(at).map((orphan) => orphan.place) }
      }
      if (inspected !== undefined) scanned.push(inspected)
    }
    return { scanned, orphans: [] }
  }

  /** True when the segment continues the log behind its newest recovery point. */
  #goesOn(last: InspectedSegment, { place, head }: Headed): boolean {
    const { scan } = last
    const isDamaged = last.head.fault !== undefined || (scan?.faults.length ?? 0) > 0
    // A repair takes such bytes out with the damage; without one, they and all behind are a torn tail.
    if (scan?.endDefect !== undefined && !isDamaged) return false
    return !head.isBlank && isContinued(this.#gaps, last.endOffset, place.baseOffset)
  }

  #allOf(headed: readonly Headed[], at: number): DurableExtent {
    const place = headed[at]?.place
    const next = headed[at + 1]?.place
    if (place === undefined || next === undefined)
      throw new Error('a sealed segment has a next one')
    const gap = this.#gaps.find(
      ({ from, to }) => to === next.baseOffset && from >= place.baseOffset,
    )
    return { kind: 'all', offset: gap?.from ?? next.baseOffset }
  }

  async #inspect(
    segment: Headed & {
      readonly durable: DurableExtent
      readonly last: InspectedSegment | undefined
    },
    files: StreamFiles,
  ): Promise<InspectedSegment | undefined> {
    const { place, head, durable, last } = segment
    const base = { place, head, durable, isBeingWritten: false }
    if (head.isNewer) {
      const endOffset = 'offset' in durable ? durable.offset : place.baseOffset
      return { ...base, scan: undefined, endOffset, indexProblem: undefined, unreadableBytes: 0 }
    }
    const index = durable.kind === 'all' ? await this.#indexOf(place, files) : undefined
    return this.#withFile(place, async (file) => {
      const window = new ByteWindow(file, this.#options.buffer, (endPosition) => {
        this.#options.onRead(place, endPosition)
      })
      const scan = await scanSegment({
        window,
        baseOffset: place.baseOffset,
        durable,
        epochMax: this.#metadata?.epoch ?? Infinity,
        lastAppendTimeUs: last?.scan?.runs.at(-1)?.lastAppendTimeUs ?? 0,
        onBatch: (batch, position) => index?.note(batch, position),
      })
      return {
        ...base,
        scan,
        endOffset: scan.endOffset,
        indexProblem: index?.problem(scan, place.baseOffset),
        unreadableBytes: file.unreadableBytes,
        isBeingWritten:
          durable.kind !== 'all' && (await isBeingWritten({ file, window, scan, head, place })),
      }
    })
  }

  async #indexOf(place: SegmentPlace, files: StreamFiles): Promise<IndexCheck> {
    const { source, directory } = this.#options
    const name = files.indexes.get(place.baseOffset)
    return new IndexCheck(
      name === undefined ? undefined : await source.readFile(`${directory}/${name}`),
    )
  }

  /** Works on a segment file; undefined when it is gone, which the metadata may then explain. */
  async #withFile<T>(
    place: SegmentPlace,
    work: (file: SourceFile) => Promise<T>,
  ): Promise<T | undefined> {
    const { source, directory } = this.#options
    const file =
      (await source.open(`${directory}/${place.nameNow}`)) ??
      // A roll has given it its name since the directory was listed.
      (await source.open(`${directory}/${place.fileName}`))
    if (file === undefined) {
      await this.#readMetadata()
      return undefined
    }
    try {
      return await work(file)
    } finally {
      await file.close()
    }
  }

  #holes(segments: readonly InspectedSegment[], startOffset: number): Hole[] {
    const holes: Hole[] = []
    let from = Math.min(startOffset, segments[0]?.place.baseOffset ?? startOffset)
    for (const { place, endOffset } of segments) {
      const isHole = place.baseOffset > from && !isContinued(this.#gaps, from, place.baseOffset)
      if (isHole) holes.push({ from, to: place.baseOffset, before: place })
      from = endOffset
    }
    // None of these is beyond the end of a log that lost nothing.
    const to = Math.max(startOffset, this.#gaps.at(-1)?.to ?? 0, this.#knownEnd)
    if (to > from) holes.push({ from, to, before: undefined })
    return holes
  }
}

function durableByPoint(at: number, pointed: number, { point, fault }: SegmentHead): DurableExtent {
  if (at > pointed || point === undefined) {
    return { kind: fault === undefined ? 'none' : 'beginning' }
  }
  return { kind: 'point', offset: point.durableOffset, position: point.durablePosition }
}

/** No header, no batch: nothing says that it was ever a segment. */
function isStranger({ head, scan }: InspectedSegment): boolean {
  return head.fault !== undefined && scan?.runs.length === 0
}

/** Without the segments that end at or below the start: their removal is under way. */
function withoutGivenUp(
  segments: readonly InspectedSegment[],
  startOffset: number,
): InspectedSegment[] {
  return segments.filter((_, at) => {
    const next = segments[at + 1]
    return next === undefined || next.place.baseOffset > startOffset
  })
}
