/** The example of the README is a program: it is run as one, as a stranger's project would. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryDirectory, type TemporaryDirectory } from '../../support/temporary.js'

const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url))
const LINES_MAX = 20

function fencedBlock(language: string): string {
  const readme = readFileSync(`${PACKAGE}README.md`, 'utf8')
  const found = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'm').exec(readme)
  return found?.[1] ?? ''
}

/** A project with one dependency and one file. */
function writeProject(directory: TemporaryDirectory, program: string): void {
  mkdirSync(directory.at('node_modules', '@tailrace'), { recursive: true })
  symlinkSync(PACKAGE, directory.at('node_modules', '@tailrace', 'core'))
  writeFileSync(directory.at('main.mjs'), program)
}

function run(directory: TemporaryDirectory): string {
  const options = { cwd: directory.path, encoding: 'utf8', timeout: 20_000 } as const
  return execFileSync(process.execPath, ['main.mjs'], options)
}

describe('the example of the README', () => {
  it('has at most 20 lines and needs nothing but @tailrace/core', () => {
    const program = fencedBlock('js')
    expect(program.trimEnd().split('\n').length).toBeLessThanOrEqual(LINES_MAX)
    const imports = [...program.matchAll(/from '([^']+)'/g)].map(([, name]) => name)
    expect(imports).toEqual(['@tailrace/core'])
  })

  it('prints what the README says', () => {
    using directory = temporaryDirectory()
    writeProject(directory, fencedBlock('js'))
    expect(run(directory)).toBe(fencedBlock('text'))
  })

  it('goes on where it ended when it is run again', () => {
    using directory = temporaryDirectory()
    writeProject(directory, fencedBlock('js'))
    run(directory)
    const lines = run(directory).trimEnd().split('\n')
    expect(lines.length).toBe(8)
    expect(lines.at(-1)).toBe('just in: 7 and a tip')
  })
})
