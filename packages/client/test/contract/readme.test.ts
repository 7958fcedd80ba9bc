/**
 * The README's programs run, each in a process of its own against a server of its own, and print what the
 * comments behind `console.log` say (`|` between the lines of a loop).
 */

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

import { serveReal } from '../support/serve-real.js'

const README = new URL('../../README.md', import.meta.url)
const CLIENT = new URL('../../dist/index.js', import.meta.url)
const TEXT = await readFile(README, 'utf8')
const PROGRAMS = [...TEXT.matchAll(/^## (.*)$|^```ts\n([\s\S]*?)^```$/gm)].reduce<
  [string, string][]
>(
  (programs, [, heading, code]) => {
    if (heading !== undefined) programs.push([heading, ''])
    else programs[programs.length - 1] = [programs.at(-1)?.[0] ?? '', code ?? '']
    return programs
  },
  [['the first', '']],
)
const RUNNABLE = PROGRAMS.filter(([, code]) => code !== '')

/** What a program says that it prints. */
function promised(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].flatMap(([, line = '']) =>
    line.split(' | '),
  )
}

async function run(code: string, url: string): Promise<string[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tailrace-readme-'))
  try {
    const { outputText } = ts.transpileModule(
      code.replace("'@tailrace/client'", `'${CLIENT.href}'`).replace('ws://localhost:4455', url),
      { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } },
    )
    const file = path.join(directory, 'program.mjs')
    await writeFile(file, outputText)
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file])
    expect(stderr).toBe('')
    return stdout.trimEnd().split('\n')
  } finally {
    await rm(directory, { recursive: true })
  }
}

describe(`the programs of ${path.basename(fileURLToPath(README))}`, () => {
  test('are all run', () => {
    expect(RUNNABLE).toHaveLength(TEXT.split('```ts').length - 1)
  })

  test.each(RUNNABLE)('under "%s" print what they say', async (_heading, code) => {
    await using real = await serveReal()
    expect((await run(code, real.url)).sort()).toEqual(promised(code).sort())
  })
})
