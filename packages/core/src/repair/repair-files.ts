/** Names of the files that a repair leaves beside the log. */

/** Ending of the names of files that are ready and wait for theirs. */
export const READY_FILE_SUFFIX = '.repair'

/** Ending of the names of files with bytes that a repair took out of the log. */
export const DAMAGED_FILE_SUFFIX = '.damaged'

/** A name for evidence that no file has yet: a second repair of the same place keeps the first one's. */
export function evidenceName(wanted: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count += 1) {
    const name = `${wanted}${count === 1 ? '' : `-${count}`}${DAMAGED_FILE_SUFFIX}`
    if (!taken.has(name)) return name
  }
}
