/** Looks at the files of a stream that are neither segments nor `stream.meta`. */
import { ProducerTable } from '../producers/producer-table.js'
import { readCheckedFile } from '../storage/checked-file.js'
import type { CheckedContent } from '../storage/checked-file.js'
import type { FileSource } from './file-source.js'
import { fileDefect } from './stream-verification.js'
import type { Defect, VerificationWarning } from './verification.js'

/** What is wrong with them. A snapshot of producers can be made anew; cursors cannot. */
export async function verifySidecars(
  source: FileSource,
  directory: string,
): Promise<{
  readonly defects: readonly Defect[]
  readonly warnings: readonly VerificationWarning[]
}> {
  const cursors = await readChecked(source, directory, { name: 'cursors', kind: 'cursors' })
  const defects =
    cursors.state === 'damaged'
      ? [fileDefect('cursors', `"cursors" is damaged: ${cursors.reason}; restore it from a copy`)]
      : []
  const producers = { name: 'producers.snapshot', kind: 'producers' }
  const problem = producersProblem(await readChecked(source, directory, producers))
  const warnings =
    problem === undefined
      ? []
      : [{ file: producers.name, message: `${problem}; the log itself is read instead` }]
  return { defects, warnings }
}

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
