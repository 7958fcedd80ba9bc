/**
 * Rules about what a module hands out: somebody takes it.
 *
 * What a package's entry hands on is public and has its users elsewhere. A type that its own module
 * uses is part of another export's signature. Anything else that nobody imports is dead, or should not
 * be exported.
 */

import ts from 'typescript'

import { exportedDeclarations } from '../declarations.js'
import { importsOf, resolveRelative } from '../imports.js'
import { codeFiles, packageSources, parse, type SourceTree } from '../source-tree.js'
import { lineOf, type TidyRule } from '../violation.js'

/** Where a package is entered: by import, by running it, by a condition of its package.json. */
const ENTRY = /\/src\/(?:index|main)\.ts$/

const unusedExports: TidyRule = {
  name: 'every export is used by somebody',
  find(tree) {
    const used = usedNames(tree)
    return packageSources(tree)
      .filter((file) => !ENTRY.test(file) && !isConditional(tree, file))
      .flatMap((file) => {
        const source = parse(tree, file)
        const names = used.get(file) ?? new Set<string>()
        if (names.has('*')) return []
        return exportedDeclarations(source)
          .filter(({ name }) => !names.has(name) && mentions(source, name) < 2)
          .map(({ name, node }) => ({
            file,
            line: lineOf(node),
            message: `nobody uses ${name}; remove it`,
          }))
      })
  },
}

/** The names that other files take from each file. */
function usedNames(tree: SourceTree): Map<string, Set<string>> {
  const used = new Map<string, Set<string>>()
  for (const file of codeFiles(tree)) {
    for (const { specifier, names } of importsOf(tree, file)) {
      const target = resolveRelative(tree, file, specifier)
      if (target === undefined) continue
      const known = used.get(target) ?? new Set()
      used.set(target, known)
      for (const name of names) known.add(name)
    }
  }
  return used
}

/** Whether a package.json leads to the file by its built name, as to a variant for Node. */
function isConditional(tree: SourceTree, file: string): boolean {
  const [, folder = '', inner = ''] = /^(packages\/[^/]+)\/src\/(.*)\.ts$/.exec(file) ?? []
  const manifest = `${folder}/package.json`
  return tree.paths.includes(manifest) && tree.read(manifest).includes(`./dist/${inner}.js`)
}

/** How often a name stands in a source, its declaration included. */
function mentions(source: ts.SourceFile, name: string): number {
  let count = 0
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node.text === name) count += 1
    ts.forEachChild(node, visit)
  }
  visit(source)
  return count
}

/** All of them. */
export const EXPORT_RULES: readonly TidyRule[] = [unusedExports]
