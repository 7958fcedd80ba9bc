/**
 * Help, version and the document: they say the same as the code.
 */

import { ERROR_REGISTRY } from '@tailrace/format'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

import { EXIT_BY_ERROR_CODE, EXIT_CODES, exitCodesText } from '../../src/exit-codes.js'
import { run } from '../support/command.js'

const DOCUMENT = readFileSync(new URL('../../../../docs/cli.md', import.meta.url), 'utf8')
const COMMANDS = [
  ['serve'],
  ['streams', 'ls'],
  ['streams', 'create'],
  ['streams', 'describe'],
  ['streams', 'rm'],
  ['publish'],
  ['tail'],
  ['replay'],
  ['bench', 'publish'],
  ['bench', 'consume'],
  ['bench', 'end-to-end'],
  ['verify'],
  ['repair'],
  ['dump'],
]

/** The part of docs/cli.md under a heading. */
function sectionOf(heading: string): string {
  const start = DOCUMENT.indexOf(`\n## ${heading}\n`)
  if (start === -1) throw new Error(`docs/cli.md has no section "${heading}"`)
  const end = DOCUMENT.indexOf('\n## ', start + 1)
  return DOCUMENT.slice(start, end === -1 ? undefined : end)
}

describe('exit codes', () => {
  it('in docs/cli.md are those of the code', () => {
    const rows = [...sectionOf('Exit codes').matchAll(/^\| (\d+) \| (.+?) \|/gm)]
    const documented = rows.map(([, status, meaning]) => ({ status: Number(status), meaning }))
    expect(documented).toEqual(Object.values(EXIT_CODES))
  })

  it('are decided for every error', () => {
    expect(Object.keys(EXIT_BY_ERROR_CODE).sort()).toEqual(Object.keys(ERROR_REGISTRY).sort())
  })

  it('are at the end of the help', async () => {
    const { status, stdout, stderr } = await run(['--help'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.toString().trimEnd().endsWith(exitCodesText())).toBe(true)
  })
})

describe('the help of a command', () => {
  it.each(COMMANDS)(
    'has the exit codes, and options that docs/cli.md has too: %s %s',
    async (...command) => {
      const { status, stdout } = await run([...command, '--help'])
      expect(status).toBe(0)
      expect(stdout.toString().trimEnd().endsWith(exitCodesText())).toBe(true)
      const options = [...stdout.toString().matchAll(/^ +(?:-\w, )?--([a-z-]+)/gm)].map(
        ([, name]) => name ?? '',
      )
      expect(options.length).toBeGreaterThan(3)
      const section = sectionOf(command[0] ?? '') + sectionOf('Options of every command')
      for (const option of options) {
        expect(section).toMatch(new RegExp(`\`--(no-)?${option}\\b`))
      }
    },
  )
})

describe('the command line', () => {
  it('says its version', async () => {
    const { status, stdout } = await run(['--version'])
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
    const { version } = JSON.parse(manifest) as { readonly version: string }
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 0, stdout: `${version}\n` })
  })

  it.each([
    [[], /which command\?/],
    [['pubish'], /publish/],
    [['streams'], /which of: ls, create, describe, rm\?/],
    [['streams', 'remove'], /remove|rm/],
    [['publish'], /not enough/],
    [['replay', 'a', 'b'], /unknown argument: b/],
    [['serve', '--prot', '1'], /unknown argument: prot/],
  ])('ends with 2 and a hint for %j', async (words, message) => {
    const { status, stdout, stderr } = await run(words)
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^tailrace: .*tailrace --help \(USAGE\)\n$/)
    expect(stderr).toMatch(message)
  })

  it('shows a stack only with TAILRACE_DEBUG', async () => {
    const plain = await run(['dump', '/no/such/file'])
    expect(plain.stderr.split('\n')).toHaveLength(2)
    const debug = await run(['dump', '/no/such/file'], { env: { TAILRACE_DEBUG: '1' } })
    expect(debug.stderr).toMatch(/\n +at /)
    expect(debug.status).toBe(3)
  })
})
