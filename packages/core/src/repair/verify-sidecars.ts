/** Looks at the files of a stream that are neither segments nor `stream.meta`. */
import type { StreamMetadata } from '../log/stream-metadata.js'
import { PRODUCER_SNAPSHOT_FILE } from '../producers/producer-snapshot.js'
import { ProducerTable } from '../producers/producer-table.js'
import { readCheckedFile } from '../storage/checked-file.js'
import type { CheckedContent } from '../storage/checked-file.js'
import type { FileSource } from './file-source.js'
import { fileDefect } from './stream-verification.js'
import type { Defect, VerificationWarning } from './verification.js'

/** What the files are judged by. */
interface StreamState {
  readonly metadata: StreamMetadata | undefined
  readonly startOffset: number
}

/**
 * What is wrong with them. Cursors cannot be made anew. A snapshot of producers can, from the log: as
 * long as no record was removed, a damaged one costs nothing.
 */
export async function verifySidecars(
  source: FileSource,
  directory: string,
  { metadata, startOffset }: StreamState,
): Promise<{
  readonly defects: readonly Defect[]
  readonly warnings: readonly VerificationWarning[]
}> {
  const cursors = await readChecked(source, directory, { name: 'cursors', kind: 'cursors' })
  const defects =
    cursors.state === 'damaged'
      ? [fileDefect('cursors', `"cursors" is damaged: ${cursors.reason}; restore it from a copy`)]
      : []
  const file = PRODUCER_SNAPSHOT_FILE
  // An interrupted repair counts as carried out, as everywhere in an inspection.
  const isMoved = metadata?.repair?.aside.some(({ from }) => from === file) === true
  const snapshot = await readChecked(source, directory, { name: file, kind: 'producers' })
  const problem = isMoved ? undefined : producersProblem(snapshot)
  if (problem === undefined) return { defects, warnings: [] }
  if (startOffset > 0) {
    return {
      defects: [...defects, fileDefect(file, `${problem}; ${LOST_PRODUCERS}`)],
      warnings: [],
    }
  }
  return { defects, warnings: [{ file, message: `${problem}; the log itself is read instead` }] }
}

const LOST_PRODUCERS =
  'producers whose records were removed are forgotten: what they send again may be stored twice'

async function readChecked(
  source: FileSource,
  directory: string,
  file: { readonly name: string; readonly kind: string },
): Promise<CheckedContent> {
  const bytes = await source.readFile(`${directory}/${file.name}`)
  return readCheckedFile({ readFile: () => bytes }, { directory, ...file })
}

function producersProblem(found: CheckedContent): string | undefined {
  if (found.state === 'missing') return undefined
  if (found.state === 'damaged') return `damaged: ${found.reason}`
  try {
    ProducerTable.restore((found.content as Record<string, unknown> | null)?.['producers'])
    return undefined
  } catch (error) {
    if (error instanceof TypeError) return `damaged: ${error.message}`
    throw error
  }
}
