import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MappedStorage } from '../../../src/index.js'
import { temporaryDirectory } from '../../support/temporary.js'

const MIB = 1024 * 1024
const FILE_BYTES = 48 * MIB
const STORE_BYTES = 100_000

describe('a mapped file that is written from its beginning to its end', () => {
  it('takes little of the memory of the process, and keeps what was stored', async () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    const file = await storage.create('file', FILE_BYTES)
    let residentMax = 0
    for (let at = 0; at + STORE_BYTES <= FILE_BYTES; at += STORE_BYTES) {
      file.bytes.fill(1 + (at % 251), at, at + STORE_BYTES)
      file.wrote(at, at + STORE_BYTES)
      if (at % (10 * STORE_BYTES) === 0) {
        residentMax = Math.max(residentMax, residentBytes(directory.at('file')))
        // As the recovery point is noted: far behind.
        file.bytes[0] = 7
        file.wrote(0, 1)
      }
    }
    expect(residentMax).toBeGreaterThan(0)
    expect(residentMax).toBeLessThan(FILE_BYTES / 3)
    await file.sync()
    const stored = readFileSync(directory.at('file'))
    expect(stored[0]).toBe(7)
    for (let at = STORE_BYTES; at + STORE_BYTES <= FILE_BYTES; at += STORE_BYTES) {
      const value = 1 + (at % 251)
      expect(stored[at] === value && stored[at + STORE_BYTES - 1] === value).toBe(true)
      expect(file.bytes[at + 4096]).toBe(value)
    }
    file.close()
  })
})

/** What the process has of the mappings of a file, as Linux tells it. */
function residentBytes(path: string): number {
  const text = readFileSync('/proc/self/smaps', 'utf8')
  const at = text.indexOf(path)
  if (at < 0) throw new Error(`"${path}" is not mapped`)
  return Number(/^Rss: +(\d+) kB$/m.exec(text.slice(at))?.[1]) * 1024
}
