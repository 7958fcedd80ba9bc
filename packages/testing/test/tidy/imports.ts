/**
 * What a module imports and exports, read from its syntax: every form counts, types included.
 */

import path from 'node:path'
import ts from 'typescript'

import type { SourceTree } from './source-tree.js'
import { parse } from './source-tree.js'
import { lineOf } from './violation.js'

/** One mention of another module. */
export interface Import {
  /** As written: `./x.js`, `node:fs`, `@tailrace/format`, `#crc32`. */
  readonly specifier: string
  readonly line: number
  /** The names taken, by the names they have there; `*` for all of them. */
  readonly names: readonly string[]
  /** True for `export … from`, which hands the names on. */
  readonly isReExport: boolean
}

/** Every import, re-export, dynamic import and type import of a file. */
export function importsOf(tree: SourceTree, file: string): Import[] {
  const found: Import[] = []
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node)
    if (specifier !== undefined) {
      const isReExport = ts.isExportDeclaration(node)
      found.push({ specifier, line: lineOf(node), names: namesOf(node), isReExport })
    }
    ts.forEachChild(node, visit)
  }
  visit(parse(tree, file))
  return found
}

/** The file of the tree that a relative specifier leads to; undefined for anything else. */
export function resolveRelative(
  tree: SourceTree,
  file: string,
  specifier: string,
): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const target = path.posix.join(path.posix.dirname(file), specifier)
  const candidates = [target.replace(/\.js$/, '.ts'), target, `${target}.ts`, `${target}/index.ts`]
  return candidates.find((candidate) => tree.paths.includes(candidate))
}

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return textOf(node.moduleSpecifier)
  }
  if (ts.isImportTypeNode(node)) {
    return ts.isLiteralTypeNode(node.argument) ? textOf(node.argument.literal) : undefined
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return textOf(node.arguments[0])
  }
  return undefined
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined
}

function namesOf(node: ts.Node): string[] {
  if (ts.isExportDeclaration(node)) {
    const { exportClause } = node
    if (exportClause === undefined || ts.isNamespaceExport(exportClause)) return ['*']
    return exportClause.elements.map(({ name, propertyName }) => (propertyName ?? name).text)
  }
  if (ts.isImportDeclaration(node)) {
    const { importClause } = node
    const bindings = importClause?.namedBindings
    const names = importClause?.name === undefined ? [] : ['default']
    if (bindings === undefined) return names
    if (ts.isNamespaceImport(bindings)) return [...names, '*']
    return [
      ...names,
      ...bindings.elements.map(({ name, propertyName }) => (propertyName ?? name).text),
    ]
  }
  return ['*']
}
