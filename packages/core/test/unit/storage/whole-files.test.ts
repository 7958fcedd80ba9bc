import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it } from 'vitest'
import { removeWhole, writeWhole } from '../../../src/storage/whole-files.js'
import { thrownBy } from '../../support/errors.js'
import { temporaryDirectory } from '../../support/temporary.js'

describe('writeWhole', () => {
  it('writes a new file, and another one in the place of what was there', async () => {
    using directory = temporaryDirectory()
    const path = directory.at('file')
    await writeWhole(path, new Uint8Array(100_000).fill(1))
    expect(statSync(path).size).toBe(100_000)
    // Another name keeps the first one, as a mapping would.
    linkSync(path, directory.at('kept'))
    await writeWhole(path, new Uint8Array([2]))
    expect([...readFileSync(path)]).toEqual([2])
    expect(statSync(directory.at('kept')).size).toBe(100_000)
  })

  it('fails where a directory bears the name, which stays', async () => {
    using directory = temporaryDirectory()
    mkdirSync(directory.at('file'))
    expect(await thrownBy(writeWhole(directory.at('file'), new Uint8Array(1)))).toMatchObject({
      code: 'EISDIR',
    })
    expect(statSync(directory.at('file')).isDirectory()).toBe(true)
  })
})

describe('removeWhole', () => {
  it('removes files, and directories in it, and does nothing where nothing is', async () => {
    using directory = temporaryDirectory()
    const path = directory.at('tree')
    for (const nested of ['', '/deep', '/deep/deeper']) {
      mkdirSync(`${path}${nested}`)
      writeFileSync(`${path}${nested}/file`, 'x')
    }
    await removeWhole(path)
    expect(existsSync(path)).toBe(false)
    await removeWhole(path)
    mkdirSync(path)
    writeFileSync(`${path}/file`, 'x')
    await removeWhole(path)
    expect(readdirSync(directory.path)).toEqual([])
  })

  it('removes a link, and links in a directory, and nothing of what they lead to', async () => {
    using directory = temporaryDirectory()
    mkdirSync(directory.at('elsewhere'))
    writeFileSync(directory.at('elsewhere', 'precious'), 'x')
    symlinkSync(directory.at('elsewhere'), directory.at('link'))
    await removeWhole(directory.at('link'))
    mkdirSync(directory.at('tree'))
    symlinkSync(directory.at('elsewhere'), directory.at('tree', 'link'))
    await removeWhole(directory.at('tree'))
    expect(readdirSync(directory.path)).toEqual(['elsewhere'])
    expect(readFileSync(directory.at('elsewhere', 'precious'), 'utf8')).toBe('x')
  })

  it('may be done by two at once', async () => {
    using directory = temporaryDirectory()
    const path = directory.at('tree')
    mkdirSync(path)
    for (let at = 0; at < 50; at += 1) writeFileSync(`${path}/${String(at)}`, 'x')
    await Promise.all([removeWhole(path), removeWhole(path), removeWhole(path)])
    expect(existsSync(path)).toBe(false)
  })
})
