/** Tells what an inspection of a stream found, as the verification reports it. Pure. */
import type {
  Defect,
  StreamVerification,
  TornTailFinding,
  VerificationWarning,
} from './verification.js'
import type { Fault } from './fault.js'
import type { InspectedSegment, InspectedStream, MisplacedSegment } from './inspect-stream.js'

/** The verification of the stream; `sidecars` is what was found of its other files. */
export function verificationOf(
  name: string,
  inspected: InspectedStream,
  sidecars: {
    readonly defects: readonly Defect[]
    readonly warnings: readonly VerificationWarning[]
  },
): StreamVerification {
  const { segments, metadata, files, startOffset, endOffset } = inspected
  const runs = segments.flatMap(({ scan }) => scan?.runs ?? [])
  const tornTail = tornTailOf(inspected)
  return {
    name,
    segments: segments.length,
    batches: runs.reduce((sum, { batchCount }) => sum + batchCount, 0),
    records: runs.reduce((sum, { recordCount }) => sum + recordCount, 0),
    bytes: segments.reduce((sum, { place }) => sum + place.sizeBytes, 0),
    startOffset,
    endOffset,
    defects: [...defectsOf(inspected), ...sidecars.defects],
    warnings: [...warningsOf(inspected), ...sidecars.warnings],
    ...(tornTail === undefined ? {} : { tornTail }),
    gaps: metadata?.gaps ?? [],
    evidence: [...files.evidence].sort(),
  }
}

/** The defects of a stream in the order of its offsets; those of its files as such first. */
export function defectsOf(inspected: InspectedStream): Defect[] {
  const { metadataProblem, segments } = inspected
  const ofMetadata =
    metadataProblem === undefined ? [] : [fileDefect('stream.meta', metadataProblem)]
  const ofSegments = segments.flatMap((segment) => [
    ...holesBefore(inspected, segment),
    ...segmentDefects(segment),
  ])
  const ofEnd = segments.length === 0 ? [noSegment(inspected)] : holesBefore(inspected, undefined)
  return [...ofMetadata, ...inspected.misplaced.map(misplacedDefect), ...ofSegments, ...ofEnd]
}

/** UNREADABLE: a file of metadata is missing or damaged. */
export function fileDefect(file: string, message: string): Defect {
  return {
    segment: file,
    positionBytes: 0,
    endPositionBytes: 0,
    fromOffset: null,
    toOffset: null,
    code: 'UNREADABLE',
    message,
  }
}

function segmentDefects(segment: InspectedSegment): Defect[] {
  const { place, head, scan } = segment
  const ofHead = head.fault === undefined ? [] : [headDefect(segment, head.fault)]
  const faults = [...(scan?.faults ?? []), ...(scan?.oddities ?? [])]
  faults.sort((left, right) => left.start - right.start)
  return [...ofHead, ...faults.map((fault) => defectOf(place.fileName, fault))]
}

function misplacedDefect({ place, reason }: MisplacedSegment): Defect {
  const offsets = { fromOffset: place.baseOffset, toOffset: null }
  const range = { positionBytes: 0, endPositionBytes: place.sizeBytes }
  return { segment: place.fileName, ...range, ...offsets, code: 'MISPLACED', message: reason }
}

/** With nothing valid behind it, and no recovery point, nobody knows how far the segment reached. */
function headDefect({ place, durable, scan }: InspectedSegment, fault: Fault): Defect {
  const isEndKnown = 'offset' in durable || scan === undefined || scan.runs.length > 0
  const defect = defectOf(place.fileName, fault)
  return isEndKnown ? defect : { ...defect, toOffset: null }
}

function defectOf(segment: string, fault: Fault): Defect {
  const { start, end, fromOffset, toOffset, code, message } = fault
  return {
    segment,
    positionBytes: start,
    endPositionBytes: end,
    fromOffset,
    toOffset,
    code,
    message,
  }
}

function noSegment({ startOffset }: InspectedStream): Defect {
  const message = 'the stream has no segment file'
  const range = { positionBytes: 0, endPositionBytes: 0 }
  const offsets = { fromOffset: startOffset, toOffset: null }
  return { segment: 'stream.meta', ...range, ...offsets, code: 'OFFSET_GAP', message }
}

function holesBefore(
  { holes, segments }: InspectedStream,
  segment: InspectedSegment | undefined,
): Defect[] {
  return holes
    .filter(({ before }) => before === segment?.place)
    .map(({ from, to }) => ({
      segment: segment?.place.fileName ?? segments.at(-1)?.place.fileName ?? 'stream.meta',
      positionBytes: 0,
      endPositionBytes: 0,
      fromOffset: from,
      toOffset: segment === undefined ? null : to,
      code: 'OFFSET_GAP',
      message:
        segment === undefined
          ? `the segments end at offset ${from}, the log reached offset ${to} at least`
          : `records ${from} to ${to} are in no segment, and no gap is listed`,
    }))
}

function tornTailOf({ segments, orphans }: InspectedStream): TornTailFinding | undefined {
  const last = segments.at(-1)
  if (last?.scan === undefined || last.isBeingWritten) return undefined
  const { endPosition, endOffset, endDefect, nonZeroEnd } = last.scan
  const orphanBytes = orphans.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  // What lies behind the end of a sealed segment is no crash's doing.
  const ownBytes = last.durable.kind === 'all' ? 0 : nonZeroEnd - endPosition
  if (ownBytes + orphanBytes === 0) return undefined
  const reason = endDefect?.message ?? 'bytes behind the end of the data'
  return {
    segment: last.place.fileName,
    positionBytes: endPosition,
    lengthBytes: ownBytes + orphanBytes,
    endOffset,
    message: `torn tail, will be cut at the next opening: ${reason}`,
  }
}

function warningsOf(inspected: InspectedStream): VerificationWarning[] {
  const { files, segments, metadata } = inspected
  const warnings: VerificationWarning[] = []
  const warn = (file: string, message: string): void => {
    warnings.push({ file, message })
  }
  if (metadata?.repair !== undefined) {
    warn('stream.meta', 'a repair was interrupted; the next opening completes it')
  }
  for (const { place, head, indexProblem, unreadableBytes } of segments) {
    const { fileName } = place
    for (const slot of head.brokenSlots) {
      warn(fileName, `recovery point ${slot} is not valid: torn or damaged; the other one is used`)
    }
    if (head.isNewer) warn(fileName, 'a later release wrote it; its batches were not looked at')
    if (indexProblem !== undefined) {
      warn(fileName, `its index ${indexProblem}; it is made anew at the next opening`)
    }
    if (unreadableBytes > 0) {
      warn(fileName, `the disk did not give ${unreadableBytes} bytes; they count as zeros`)
    }
  }
  for (const file of files.leftovers) warn(file, 'left by a repair that never happened')
  for (const file of files.foreign) warn(file, 'does not belong here')
  return warnings
}
