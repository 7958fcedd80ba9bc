/** Looks at the files of a stream that are neither segments nor `stream.meta`. */
import { CHECKPOINT_FILE } from '../log/checkpoint.js'
import {
  PRODUCER_SNAPSHOT_FILE,
  readProducerSnapshot,
  removedEnd,
} from '../producers/producer-snapshot.js'
import type { StoredSnapshot } from '../producers/producer-snapshot.js'
import { ProducerTable } from '../producers/producer-table.js'
import { readCheckedFile } from '../storage/checked-file.js'
import type { CheckedContent } from '../storage/checked-file.js'
import type { FileSource } from './file-source.js'
import type { InspectedStream } from './inspect-stream.js'
import { fileDefect } from './stream-verification.js'
import type { Defect, VerificationWarning } from './verification.js'

/** What was found of the files beside the log. */
export interface Sidecars {
  readonly defects: readonly Defect[]
  readonly warnings: readonly VerificationWarning[]
  /** What a repair does about the snapshot of producers; undefined when it may stay as it is. */
  readonly producersRepair: ProducersRepair | undefined
}

/** A snapshot of producers that takes the place of one that does not serve. */
export interface ProducersRepair {
  /** Nothing is to be moved aside. */
  readonly isMissing: boolean
  readonly content: StoredSnapshot
}

/**
 * What is wrong with them. Cursors cannot be made anew. A snapshot of producers can, from the log: as
 * long as no segment was removed, one that is damaged costs nothing, and there need not be one.
 */
export async function verifySidecars(
  source: FileSource,
  directory: string,
  inspected: Pick<InspectedStream, 'metadata' | 'segments' | 'startOffset'>,
): Promise<Sidecars> {
  const cursors = await readChecked(source, directory, { name: 'cursors', kind: 'cursors' })
  const defects =
    cursors.state === 'damaged'
      ? [fileDefect('cursors', `"cursors" is damaged: ${cursors.reason}; restore it from a copy`)]
      : []
  const producers = await verifyProducers(source, directory, inspected)
  return {
    ...producers,
    defects: [...defects, ...producers.defects],
    warnings: [...(await checkpointWarnings(source, directory)), ...producers.warnings],
  }
}

/** One that is of no use costs the next opening some reading. */
async function checkpointWarnings(
  source: FileSource,
  directory: string,
): Promise<VerificationWarning[]> {
  const file = { name: CHECKPOINT_FILE, kind: 'checkpoint' }
  const found = await readChecked(source, directory, file)
  if (found.state !== 'damaged') return []
  const message = `damaged: ${found.reason}; the segment itself is read instead`
  return [{ file: CHECKPOINT_FILE, message }]
}

async function verifyProducers(
  source: FileSource,
  directory: string,
  {
    metadata,
    segments,
    startOffset,
  }: Pick<InspectedStream, 'metadata' | 'segments' | 'startOffset'>,
): Promise<Sidecars> {
  const nothing = { defects: [], warnings: [], producersRepair: undefined }
  const file = PRODUCER_SNAPSHOT_FILE
  // An interrupted repair counts as carried out, as everywhere in an inspection.
  if (metadata?.repair?.put.includes(file) === true) return nothing
  const found = await readChecked(source, directory, { name: file, kind: 'producers' })
  const offset = removedEnd(startOffset, segments[0]?.place.baseOffset ?? startOffset)
  const problem = producersProblem(found, offset)
  if (problem === undefined) return nothing
  if (offset === 0) {
    const message = `${problem}; the log itself is read instead`
    return { ...nothing, warnings: [{ file, message }] }
  }
  const bytes = await source.readFile(`${directory}/${file}`)
  const known = readProducerSnapshot({ readFile: () => bytes }, directory)
  const isKnown = known !== undefined && isTable(known.producers)
  const content = { offset, producers: isKnown ? known.producers : [] }
  return {
    ...nothing,
    defects: [fileDefect(file, `${problem}; ${FORGOTTEN}`)],
    producersRepair: { isMissing: found.state === 'missing', content },
  }
}

const FORGOTTEN =
  'producers whose records were removed are forgotten: what they send again may be stored twice'

async function readChecked(
  source: FileSource,
  directory: string,
  file: { readonly name: string; readonly kind: string },
): Promise<CheckedContent> {
  const bytes = await source.readFile(`${directory}/${file.name}`)
  return readCheckedFile({ readFile: () => bytes }, { directory, ...file })
}

/** What is wrong with a snapshot that has to reach an offset. */
function producersProblem(found: CheckedContent, needed: number): string | undefined {
  if (found.state === 'missing') return needed === 0 ? undefined : 'missing'
  if (found.state === 'damaged') return `damaged: ${found.reason}`
  const { offset, producers } = (found.content ?? {}) as Record<string, unknown>
  if (typeof offset !== 'number') return 'damaged: it has no offset'
  if (!isTable(producers)) return 'damaged: it has no table of producers'
  if (offset >= needed) return undefined
  return `it reaches offset ${offset}, the records below ${needed} were removed`
}

function isTable(producers: unknown): boolean {
  try {
    ProducerTable.restore(producers)
    return true
  } catch (error) {
    if (error instanceof TypeError) return false
    throw error
  }
}
