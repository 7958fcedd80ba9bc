/**
 * The files of the repository as the rules see them: paths from the root, and their text.
 *
 * A value, so that a rule can be tried on a few lines in memory. The repository's own tree holds what
 * git tracks and what it would track; where there is no git (an unpacked archive), what lies there.
 */

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

/** Files by path. Paths use `/` and are sorted. */
export interface SourceTree {
  readonly paths: readonly string[]
  /** The text of a file of `paths`. */
  read(path: string): string
}

/** What a build, an install or a test run leaves, wherever it lies. */
const PRODUCED = new Set(['.git', 'node_modules', 'dist', 'coverage', 'data', 'results'])

/** The tree in memory that these files make up. */
export function memoryTree(files: Readonly<Record<string, string>>): SourceTree {
  return {
    paths: Object.keys(files).sort(),
    read(file) {
      const text = files[file]
      if (text === undefined) throw new RangeError(`no file ${file}`)
      return text
    },
  }
}

/** The tree below `root`. Files are read when asked for, once. */
export function repositoryTree(root: string): SourceTree {
  const texts = new Map<string, string>()
  const listed = listedByGit(root) ?? walked(root, '')
  return {
    paths: listed.filter((file) => existsSync(path.join(root, file))).sort(),
    read(file) {
      const text = texts.get(file) ?? readFileSync(path.join(root, file), 'utf8')
      texts.set(file, text)
      return text
    },
  }
}

function listedByGit(root: string): string[] | undefined {
  try {
    const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
    const output = execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' })
    return [...new Set(output.split('\0').filter((file) => file !== ''))]
  } catch {
    return undefined // No git, or no repository: the caller looks for itself.
  }
}

function walked(root: string, directory: string): string[] {
  const entries = readdirSync(path.join(root, directory), { withFileTypes: true })
  return entries.flatMap((entry) => {
    if (PRODUCED.has(entry.name) || entry.name.endsWith('.log')) return []
    const file = directory === '' ? entry.name : `${directory}/${entry.name}`
    return entry.isDirectory() ? walked(root, file) : [file]
  })
}

const parsed = new WeakMap<SourceTree, Map<string, ts.SourceFile>>()

/** The syntax tree of a TypeScript file, parsed once per tree. */
export function parse(tree: SourceTree, file: string): ts.SourceFile {
  const known = parsed.get(tree) ?? new Map<string, ts.SourceFile>()
  parsed.set(tree, known)
  const source =
    known.get(file) ?? ts.createSourceFile(file, tree.read(file), ts.ScriptTarget.ES2023, true)
  known.set(file, source)
  return source
}

/** The sources of the packages, without declaration files. */
export function packageSources(tree: SourceTree): string[] {
  return tree.paths.filter((file) => /^packages\/[^/]+\/src\/.*(?<!\.d)\.ts$/.test(file))
}

/** Everything written in TypeScript or JavaScript: sources, tests, benches, tools. */
export function codeFiles(tree: SourceTree): string[] {
  return tree.paths.filter((file) => /\.(?:ts|mts|js|mjs)$/.test(file))
}

/** The documents. */
export function markdownFiles(tree: SourceTree): string[] {
  return tree.paths.filter((file) => file.endsWith('.md'))
}

/** The package a file belongs to, `bench` included; undefined outside of all. */
export function packageOf(file: string): string | undefined {
  if (file.startsWith('bench/')) return 'bench'
  return /^packages\/([^/]+)\//.exec(file)?.[1]
}
