import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MappedStorage } from '../../../src/index.js'
import {
  readCheckedFile,
  requireCheckedFile,
  writeCheckedFile,
} from '../../../src/storage/checked-file.js'
import { errorOf } from '../../support/errors.js'
import { ObservedStorage } from '../../support/observed-storage.js'
import { temporaryDirectory } from '../../support/temporary.js'

const FILE = { directory: '', name: 'thing.meta', kind: 'thing' }
const CONTENT = { name: 'straße', list: [1, 2, 3], nested: { isIt: true, nothing: null } }

describe('checked files', () => {
  it('come back as they were written, for a person to read', async () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    await writeCheckedFile(storage, FILE, CONTENT)
    expect(readCheckedFile(storage, FILE)).toEqual({ state: 'present', content: CONTENT })
    const [header, body] = readFileSync(directory.at('thing.meta'), 'utf8').split('\n')
    expect(header).toMatch(/^tailrace thing [0-9a-f]{8} \d+$/)
    expect(JSON.parse(body ?? '')).toEqual(CONTENT)
  })

  it('are missing when there is none', () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    expect(readCheckedFile(storage, FILE)).toEqual({ state: 'missing' })
    expect(requireCheckedFile(storage, FILE)).toBeUndefined()
  })

  it('are damaged, never different, when any bit is flipped', async () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    await writeCheckedFile(storage, FILE, CONTENT)
    const whole = readFileSync(directory.at('thing.meta'))
    for (let at = 0; at < whole.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const flipped = new Uint8Array(whole)
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit)
        writeFileSync(directory.at('thing.meta'), flipped)
        const found = readCheckedFile(storage, FILE)
        expect(found.state, `byte ${String(at)} bit ${String(bit)}`).toBe('damaged')
      }
    }
  })

  it('are damaged when they are cut anywhere, or go on', async () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    await writeCheckedFile(storage, FILE, CONTENT)
    const whole = readFileSync(directory.at('thing.meta'))
    for (let length = 0; length < whole.length; length += 1) {
      writeFileSync(directory.at('thing.meta'), whole.subarray(0, length))
      expect(readCheckedFile(storage, FILE).state, `cut at ${String(length)}`).toBe('damaged')
    }
    writeFileSync(directory.at('thing.meta'), Buffer.concat([whole, Buffer.from([0x20])]))
    expect(readCheckedFile(storage, FILE).state).toBe('damaged')
  })

  it('are not taken for a file of another kind', async () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    await writeCheckedFile(storage, FILE, CONTENT)
    const found = readCheckedFile(storage, { ...FILE, kind: 'stream' })
    expect(found).toMatchObject({ state: 'damaged' })
  })

  it('say which file is damaged and why', async () => {
    using directory = temporaryDirectory()
    writeFileSync(directory.at('thing.meta'), '')
    const error = await errorOf('STREAM_CORRUPT', () =>
      requireCheckedFile(new MappedStorage(directory.path), FILE),
    )
    expect(error.message).toContain('"thing.meta" is damaged: no header line')
  })

  it('keep the old content when a replacement fails at any step', async () => {
    using directory = temporaryDirectory()
    const storage = new ObservedStorage(directory.path)
    await writeCheckedFile(storage, FILE, CONTENT)
    for (const kind of ['writeFile', 'rename'] as const) {
      storage.interfere = (operation) => {
        if (operation.kind === kind) throw new Error('no')
      }
      await expect(writeCheckedFile(storage, FILE, { other: 1 })).rejects.toThrow('no')
      expect(readCheckedFile(storage, FILE)).toEqual({ state: 'present', content: CONTENT })
    }
  })

  it('are renamed into place only when their content is synced, then the directory is', async () => {
    using directory = temporaryDirectory()
    const storage = new ObservedStorage(directory.path)
    await writeCheckedFile(storage, FILE, CONTENT)
    expect(storage.operations.map(({ kind }) => kind)).toEqual([
      'writeFile',
      'rename',
      'syncDirectory',
    ])
  })
})
