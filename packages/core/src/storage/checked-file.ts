/**
 * Small files of metadata, replaced whole and checked on reading.
 *
 * Layout: a line `tailrace <kind> <crc32 in hex> <length of the JSON in bytes>\n`, then the JSON. A
 * person can read it, and a torn or damaged one is noticed. Replacing writes a temporary file, syncs
 * it, renames it and syncs the directory: after a crash the old or the new content is there, whole.
 */
import { crc32, StorageError } from '@tailrace/format'
import type { Storage } from './storage-port.js'

/** What a read found: the content, or why there is none. */
export type CheckedContent =
  | { readonly state: 'present'; readonly content: unknown }
  | { readonly state: 'missing' }
  | { readonly state: 'damaged'; readonly reason: string }

/** Where a checked file lies and what it is. */
export interface CheckedFileName {
  readonly directory: string
  readonly name: string
  /** A word in the header line, so that one kind of file is never taken for another. */
  readonly kind: string
}

/** Reads and verifies; never throws for what the file holds. */
export function readCheckedFile(
  storage: Pick<Storage, 'readFile'>,
  file: CheckedFileName,
): CheckedContent {
  const bytes = storage.readFile(pathOf(file))
  if (bytes === undefined) return { state: 'missing' }
  const headerEnd = bytes.indexOf(0x0a)
  if (headerEnd < 0) return damaged('no header line')
  const header = new TextDecoder().decode(bytes.subarray(0, headerEnd))
  const match = /^tailrace ([a-z-]+) ([0-9a-f]{8}) ([0-9]{1,10})$/.exec(header)
  if (match === null) return damaged(`header line "${header.slice(0, 60)}" not understood`)
  const [, kind, check, length] = match
  const body = bytes.subarray(headerEnd + 1)
  if (kind !== file.kind) return damaged(`kind "${kind}", expected "${file.kind}"`)
  if (Number(length) !== body.length) return damaged(`${body.length} bytes, expected ${length}`)
  if (hex(crc32(body)) !== check) return damaged('checksum mismatch')
  try {
    return { state: 'present', content: JSON.parse(new TextDecoder().decode(body)) as unknown }
  } catch (error) {
    return damaged(`not JSON: ${String(error)}`)
  }
}

/** The bytes of a checked file. */
export function encodeCheckedFile(kind: string, content: object): Uint8Array {
  const encoder = new TextEncoder()
  const body = encoder.encode(JSON.stringify(content))
  const header = encoder.encode(`tailrace ${kind} ${hex(crc32(body))} ${body.length}\n`)
  const bytes = new Uint8Array(header.length + body.length)
  bytes.set(header)
  bytes.set(body, header.length)
  return bytes
}

/** Replaces the file atomically; durable when it resolves. */
export async function writeCheckedFile(
  storage: Storage,
  file: CheckedFileName,
  content: object,
): Promise<void> {
  const bytes = encodeCheckedFile(file.kind, content)
  const temporary = `${pathOf(file)}.tmp`
  await storage.writeFile(temporary, bytes)
  await storage.rename(temporary, pathOf(file))
  await storage.syncDirectory(file.directory)
}

/** The content, undefined when missing. @throws {StorageError} STREAM_CORRUPT when damaged. */
export function requireCheckedFile(
  storage: Pick<Storage, 'readFile'>,
  file: CheckedFileName,
): unknown {
  const found = readCheckedFile(storage, file)
  if (found.state === 'present') return found.content
  if (found.state === 'missing') return undefined
  const message = `"${pathOf(file)}" is damaged: ${found.reason}; restore it from a copy`
  throw new StorageError('STREAM_CORRUPT', message, { details: { path: pathOf(file) } })
}

function pathOf(file: CheckedFileName): string {
  return file.directory === '' ? file.name : `${file.directory}/${file.name}`
}

function damaged(reason: string): CheckedContent {
  return { state: 'damaged', reason }
}

function hex(check: number): string {
  return check.toString(16).padStart(8, '0')
}
