/** Rules about which files there are, what they are called, and how long they may be. */

import { codeFiles, packageSources, type SourceTree } from '../source-tree.js'
import type { TidyRule, Violation } from '../violation.js'

/** What the top level holds, besides folders and files whose names begin with a dot. */
const TOP_LEVEL = new Set([
  'packages',
  'bench',
  'docs',
  'pnpm-workspace.yaml',
  'pnpm-lock.yaml',
  'package.json',
  'tsconfig.base.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
])

const LINES_MAX = 500
const KEBAB_CASE = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9-]+)*$/

const topLevel: TidyRule = {
  name: 'the top level holds only what belongs there',
  find(tree) {
    const entries = new Map<string, string>()
    for (const file of tree.paths) entries.set(file.split('/', 1)[0] ?? file, file)
    return [...entries]
      .filter(([entry]) => !TOP_LEVEL.has(entry) && !entry.startsWith('.'))
      .map(([entry, file]) => violation(file, `"${entry}" is new at the top level; move it below`))
  },
}

const fileSize: TidyRule = {
  name: `a source has at most ${LINES_MAX} lines`,
  find(tree) {
    const sources = codeFiles(tree).filter((file) => !/(?:^|\/)test\//.test(file))
    return sources.flatMap((file) => {
      const lines = tree.read(file).trimEnd().split('\n').length
      if (lines <= LINES_MAX) return []
      return [violation(file, `${lines} lines; split it by job, at most ${LINES_MAX}`)]
    })
  },
}

const fileNames: TidyRule = {
  name: 'files of code are named in kebab-case',
  find(tree) {
    return codeFiles(tree)
      .filter((file) => !KEBAB_CASE.test(baseName(file)))
      .map((file) => violation(file, `"${baseName(file)}" is not kebab-case; rename it`))
  },
}

const docblocks: TidyRule = {
  name: 'a source begins with a docblock that says what it is',
  find(tree: SourceTree) {
    return packageSources(tree)
      .filter((file) => !isEmptyModule(tree.read(file)) && !beginsWithDocblock(tree.read(file)))
      .map((file) => violation(file, 'no docblock at the top; say what the file is and why apart'))
  },
}

/** A package that holds nothing yet. */
function isEmptyModule(text: string): boolean {
  return text.trim() === 'export {}'
}

/** A program's first line may name its interpreter. */
function beginsWithDocblock(text: string): boolean {
  return /^(?:#!.*\n+)?\/\*\*/.test(text)
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/^\./, '')
}

function violation(file: string, message: string): Violation {
  return { file, line: 1, message }
}

/** All of them. */
export const LAYOUT_RULES: readonly TidyRule[] = [topLevel, fileSize, fileNames, docblocks]
