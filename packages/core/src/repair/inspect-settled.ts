/**
 * Inspects a stream that somebody may be writing.
 *
 * Metadata, directory and segments are looked at one after the other, while a writer rolls, names and
 * removes files. What that makes look wrong does not look wrong in the same way again; damage does. So
 * what was found wrong while files came and went is looked at once more.
 */
import type { FileSource } from './file-source.js'
import { inspectStream } from './inspect-stream.js'
import type { InspectedStream, InspectionOptions } from './inspect-stream.js'
import { defectsOf } from './stream-verification.js'

/** How often a stream is looked at when each look gives another result. */
const LOOKS_MAX = 10

/** As `inspectStream`, which it repeats only if something is wrong and files have come or gone. */
export async function inspectSettled(
  options: InspectionOptions,
): Promise<InspectedStream | undefined> {
  const { source, directory } = options
  let found: string | undefined
  for (let look = 1; ; look += 1) {
    const before = await filesNow(source, directory)
    const inspected = await inspectStream(options)
    if (inspected === undefined) return undefined
    const defects = defectsOf(inspected)
    const now = JSON.stringify(defects)
    const isSettled = defects.length === 0 || now === found || look === LOOKS_MAX
    if (isSettled || (await filesNow(source, directory)) === before) return inspected
    found = now
  }
}

/** The names in the directory and what the metadata says: whatever changes when files come or go. */
async function filesNow(source: FileSource, directory: string): Promise<string> {
  const names = (await source.list(directory))?.map(({ name }) => name) ?? []
  const metadata = (await source.readFile(`${directory}/stream.meta`)) ?? new Uint8Array(0)
  return JSON.stringify([names.sort(), new TextDecoder().decode(metadata)])
}
