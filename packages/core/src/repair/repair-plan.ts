/**
 * Decides what a repair does, from what an inspection found. Pure: `applyRepair` carries it out.
 *
 * A damaged segment is taken apart into its dense runs; everything else stays as it is. Rules and reasons:
 * docs/adr/0013.
 */
import { segmentFileName } from '@tailrace/format'
import { PRODUCER_SNAPSHOT_FILE } from '../producers/producer-snapshot.js'
import type { StoredSnapshot } from '../producers/producer-snapshot.js'
import { joinedGaps } from '../log/gap.js'
import type { Gap } from '../log/gap.js'
import type { Hole, InspectedSegment, InspectedStream } from './inspect-stream.js'
import { evidenceName } from './repair-files.js'
import type { RepairAction } from './repair-report.js'
import type { DenseRun } from './segment-scan.js'
import type { SegmentPlace } from './stream-files.js'
import { defectsOf } from './stream-verification.js'
import type { Defect } from './verification.js'
import type { Sidecars } from './verify-sidecars.js'

/** A range of positions. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Bytes that are kept beside the log. */
export interface EvidencePlan extends ByteRange {
  readonly file: string
}

/** A segment file to be written. */
export interface PiecePlan {
  readonly baseOffset: number
  readonly endOffset: number
  /** Where its batches lie in the original, in order. */
  readonly ranges: readonly ByteRange[]
  readonly epoch: number
  readonly createdUs: number
  /** True for the last segment of the log, which is appended to. */
  readonly isActive: boolean
}

/** A damaged segment and what is made of it. */
export interface RebuildPlan {
  readonly place: SegmentPlace
  readonly pieces: readonly PiecePlan[]
  readonly evidence: readonly EvidencePlan[]
}

/** A file that is moved aside. */
export interface AsidePlan {
  readonly from: string
  readonly to: string
}

/** What a repair does. */
export interface RepairPlan {
  readonly rebuilds: readonly RebuildPlan[]
  /** Originals, misplaced segments and a snapshot of producers that does not serve. */
  readonly aside: readonly AsidePlan[]
  /** The offset at which an empty active segment begins; undefined when none is needed. */
  readonly beginAt: number | undefined
  /** A snapshot of producers that is written; undefined when none is needed. */
  readonly producers: StoredSnapshot | undefined
  /** All gaps of the stream with the repair. */
  readonly gaps: readonly Gap[]
  readonly lostRecords: number
  /** Why the epoch changes; undefined when it stays. */
  readonly epochReason: string | undefined
  readonly unrepairable: readonly Defect[]
  readonly actions: readonly RepairAction[]
}

/** Plans the repair of a stream; without actions when there is nothing to do. */
export function planRepair(
  inspected: InspectedStream,
  { defects: sidecarDefects, producersRepair }: Sidecars,
): RepairPlan {
  const { metadata, startOffset } = inspected
  const damaged = damagedSegments(inspected)
  const end = planEnd(inspected, damaged)
  const taken = new Set(inspected.files.names)
  const rebuilds = damaged.map((segment) => {
    const hasActive = segment === inspected.segments.at(-1) && end.beginAt === undefined
    return planRebuild(segment, hasActive, taken)
  })
  // Before an active segment of the repair's making they would count as parts of the log.
  const inTheWay = inspected.orphans.filter(({ baseOffset }) => baseOffset <= (end.beginAt ?? -1))
  const replaced = [...damaged, ...inspected.misplaced].map(({ place }) => place)
  const names = [...replaced, ...inTheWay].map(({ fileName }) => fileName)
  if (producersRepair?.isMissing === false) names.push(PRODUCER_SNAPSHOT_FILE)
  const setAside = names.map((from) => ({ from, to: takeName(from, taken) }))
  const found = [...faultGaps(damaged), ...inspected.holes.map(gapOf)]
  const listed = metadata?.gaps ?? []
  const gaps = joinedGaps([...listed, ...found], startOffset)
  const plan = {
    rebuilds,
    aside: setAside,
    beginAt: end.beginAt,
    producers: producersRepair?.content,
    gaps,
    lostRecords: recordsIn(gaps) - recordsIn(joinedGaps(listed, startOffset)),
    epochReason: end.epochReason,
    unrepairable: [
      ...unrepairable(inspected, damaged),
      // Nothing makes cursors anew.
      ...sidecarDefects.filter(({ segment }) => segment !== PRODUCER_SNAPSHOT_FILE),
    ],
  }
  return { ...plan, actions: actionsOf(plan, joinedGaps(found, startOffset)) }
}

/** The segments that do not stay as they are. */
function damagedSegments({ segments, holes }: InspectedStream): InspectedSegment[] {
  const isEndMissing = holes.some(isAtEnd)
  return segments.filter(
    (segment, at) =>
      isRepairable(segment) ||
      (isEndMissing && at === segments.length - 1 && !isFitToBeSealed(segment)),
  )
}

/** With another one behind it, a segment has batches, and nothing behind them. */
function isFitToBeSealed({ scan, durable }: InspectedSegment): boolean {
  if (scan === undefined || durable.kind === 'all') return true
  return scan.runs.length > 0 && scan.nonZeroEnd === scan.endPosition
}

function isAtEnd({ before }: Hole): boolean {
  return before === undefined
}

/** Damage can be cut out of a segment that is ours to judge. */
function isRepairable({ head, scan }: InspectedSegment): boolean {
  if (scan === undefined) return false
  return head.fault !== undefined || scan.faults.length > 0
}

/** What becomes of the end of the log. */
interface EndPlan {
  readonly beginAt: number | undefined
  readonly epochReason: string | undefined
}

function planEnd(
  { segments, orphans, holes, startOffset }: InspectedStream,
  damaged: readonly InspectedSegment[],
): EndPlan {
  const last = segments.at(-1)
  const missing = holes.find(isAtEnd)
  if (last === undefined) {
    const beginAt = missing?.to ?? startOffset
    return { beginAt, epochReason: 'no segment says how far the log reached' }
  }
  if (missing !== undefined) {
    return { beginAt: missing.to, epochReason: 'the last segment is missing' }
  }
  if (!damaged.includes(last) || last.scan === undefined) {
    return { beginAt: undefined, epochReason: undefined }
  }
  const { runs, endPosition, endOffset, nonZeroEnd } = last.scan
  const beginAt = runs.at(-1)?.endOffset === endOffset ? undefined : endOffset
  const isEndUnknown = beginAt !== undefined && !('offset' in last.durable)
  if (isEndUnknown)
    return { beginAt, epochReason: 'no recovery point says how far the log reached' }
  const isCut = nonZeroEnd > endPosition || orphans.length > 0
  const reason = 'bytes behind the recovery point are cut, in which records may have been'
  return { beginAt, epochReason: isCut ? reason : undefined }
}

function planRebuild(
  segment: InspectedSegment,
  hasActive: boolean,
  taken: Set<string>,
): RebuildPlan {
  const { place, scan } = segment
  const { fileName } = place
  const evidence = lostBytes(segment).map((range) => {
    const file = takeName(`${fileName}-${range.start}`, taken)
    return { ...range, file }
  })
  const pieces = joinedRuns(scan?.runs ?? []).map((runs, at, all) =>
    pieceOf(segment, runs, hasActive && at === all.length - 1),
  )
  return { place, pieces, evidence }
}

function takeName(wanted: string, taken: Set<string>): string {
  const name = evidenceName(wanted, taken)
  taken.add(name)
  return name
}

/** The bytes that no piece takes over, zeros behind the data aside. */
function lostBytes({ scan, head }: InspectedSegment): ByteRange[] {
  if (scan === undefined) return []
  const ofHead = head.fault === undefined ? [] : [head.fault]
  const behind = { start: scan.endPosition, end: scan.nonZeroEnd }
  const joined: { start: number; end: number }[] = []
  for (const { start, end } of [...ofHead, ...scan.faults, behind]) {
    const last = joined.at(-1)
    if (end <= start) continue
    if (last !== undefined && last.end >= start) last.end = Math.max(last.end, end)
    else joined.push({ start, end })
  }
  return joined
}

/** Runs between which no record is missing share a piece. */
function joinedRuns(runs: readonly DenseRun[]): DenseRun[][] {
  const joined: DenseRun[][] = []
  for (const run of runs) {
    const last = joined.at(-1)
    if (last?.at(-1)?.endOffset === run.baseOffset) last.push(run)
    else joined.push([run])
  }
  return joined
}

function pieceOf(
  { head }: InspectedSegment,
  runs: readonly DenseRun[],
  isActive: boolean,
): PiecePlan {
  const [first] = runs
  if (first === undefined) throw new Error('a piece has at least one run')
  return {
    baseOffset: first.baseOffset,
    endOffset: runs.at(-1)?.endOffset ?? first.endOffset,
    ranges: runs.map(({ start, end }) => ({ start, end })),
    epoch: first.epoch,
    createdUs: head.header?.createdUs ?? first.firstAppendTimeUs,
    isActive,
  }
}

function faultGaps(damaged: readonly InspectedSegment[]): Gap[] {
  return damaged
    .flatMap(({ scan }) => scan?.faults ?? [])
    .filter(({ fromOffset, toOffset }) => fromOffset < toOffset)
    .map(({ fromOffset, toOffset }) => gapOf({ from: fromOffset, to: toOffset }))
}

function gapOf({ from, to }: { readonly from: number; readonly to: number }): Gap {
  return { from, to, reason: 'damage' }
}

function recordsIn(gaps: readonly Gap[]): number {
  return gaps.reduce((sum, { from, to }) => sum + to - from, 0)
}

/** Defects that no action deals with: those of segments that stay, and of bytes that are whole. */
function unrepairable(
  inspected: InspectedStream,
  damaged: readonly InspectedSegment[],
): readonly Defect[] {
  const repaired = new Set([...damaged, ...inspected.misplaced].map(({ place }) => place.fileName))
  return defectsOf(inspected).filter(({ code, segment, positionBytes }) => {
    const isBetweenFiles = code === 'OFFSET_GAP' && positionBytes === 0
    if (isBetweenFiles) return false
    return code === 'TIME_DECREASES' || code === 'OFFSET_OVERLAP' || !repaired.has(segment)
  })
}

function actionsOf(plan: Omit<RepairPlan, 'actions'>, newGaps: readonly Gap[]): RepairAction[] {
  const { rebuilds, aside, beginAt, producers, epochReason } = plan
  const actions = rebuilds.flatMap(rebuildActions)
  for (const { from, to } of aside) actions.push({ kind: 'set-aside', segment: from, file: to })
  if (beginAt !== undefined) {
    const offsets = { fromOffset: beginAt, toOffset: beginAt }
    const segment = segmentFileName(beginAt)
    actions.push({ kind: 'write-segment', segment, ...offsets, lengthBytes: 0 })
  }
  if (producers !== undefined) {
    actions.push({ kind: 'write-producers', segment: PRODUCER_SNAPSHOT_FILE })
  }
  for (const { from, to } of newGaps) {
    actions.push({ kind: 'list-gap', fromOffset: from, toOffset: to })
  }
  if (epochReason !== undefined) actions.push({ kind: 'change-epoch', reason: epochReason })
  return actions
}

function rebuildActions({ place, pieces, evidence }: RebuildPlan): RepairAction[] {
  const segment = place.fileName
  return [
    ...evidence.map(({ start, end, file }) => {
      const range = { positionBytes: start, endPositionBytes: end }
      return { kind: 'keep-evidence', segment, ...range, file } as const
    }),
    ...pieces.map(({ baseOffset, endOffset, ranges }) => {
      const lengthBytes = ranges.reduce((sum, { start, end }) => sum + end - start, 0)
      const offsets = { fromOffset: baseOffset, toOffset: endOffset }
      const name = segmentFileName(baseOffset)
      return { kind: 'write-segment', segment: name, ...offsets, lengthBytes } as const
    }),
  ]
}
