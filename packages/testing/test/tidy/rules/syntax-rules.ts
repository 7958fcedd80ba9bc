/** Rules about what may stand in a source: seen in its syntax tree, one node at a time. */

import ts from 'typescript'

import { exportedDeclarations } from '../declarations.js'
import { codeFiles, packageSources, parse } from '../source-tree.js'
import { lineAt, lineOf, type TidyRule, type Violation } from '../violation.js'

/** What is forbidden about a node; undefined when nothing is. */
type Judge = (node: ts.Node) => string | undefined

/** In a comment: one of the usual marks, without an issue's number behind it. */
const MARKS = ['TODO', 'FIXME', 'XXX', 'HACK']
const OPEN_END = new RegExp(
  `(?://|\\*|#|<!--).*?\\b(?:${MARKS.join('|')})\\b(?!\\(#\\d+\\)).*`,
  'g',
)

const noAny: Judge = (node) =>
  node.kind === ts.SyntaxKind.AnyKeyword ? '`any`; use `unknown`, or the type' : undefined

const noNonNull: Judge = (node) => {
  const isClaim =
    ts.isNonNullExpression(node) ||
    ((ts.isPropertyDeclaration(node) || ts.isVariableDeclaration(node)) &&
      node.exclamationToken !== undefined)
  return isClaim ? 'a non-null `!`; handle undefined, or assert in words' : undefined
}

const noEnum: Judge = (node) =>
  ts.isEnumDeclaration(node) ? 'an enum; use an `as const` table' : undefined

const noDefaultExport: Judge = (node) => {
  const isModifier = node.kind === ts.SyntaxKind.DefaultKeyword && ts.canHaveModifiers(node.parent)
  const isAssignment = ts.isExportAssignment(node)
  return isModifier || isAssignment ? 'a default export; export by name' : undefined
}

const undocumentedExports: TidyRule = {
  name: 'every exported function, class, interface and type has a docstring',
  find(tree) {
    return packageSources(tree).flatMap((file) =>
      exportedDeclarations(parse(tree, file))
        .filter(({ kind, isDocumented }) => kind !== 'constant' && !isDocumented)
        .map(({ kind, name, node }) => ({
          file,
          line: lineOf(node),
          message: `exported ${kind} ${name} has no docstring; say in a sentence what it is or does`,
        })),
    )
  },
}

const skippedTests: TidyRule = {
  name: 'no test is left out or run alone',
  find(tree) {
    return codeFiles(tree).flatMap((file) => {
      const text = tree.read(file)
      const marks = text.matchAll(/\b(?:it|test|describe)(?:\.\w+)*\.(?:only|skip|todo|fails)\b/g)
      return [...marks].map((mark) => ({
        file,
        line: lineAt(text, mark.index),
        message: `${mark[0]}; run it, repair it or remove it`,
      }))
    })
  },
}

const openEnds: TidyRule = {
  name: 'a note of work to be done names its issue',
  find(tree) {
    const files = tree.paths.filter((file) => /\.(?:m?[tj]s|css|html|ya?ml|sh)$/.test(file))
    return files.flatMap((file) => {
      const text = tree.read(file)
      return [...text.matchAll(OPEN_END)].map((note) => ({
        file,
        line: lineAt(text, note.index),
        message: 'work to be done without its issue; do it, or write the mark with (#number)',
      }))
    })
  },
}

function judged(name: string, judge: Judge): TidyRule {
  return {
    name,
    find(tree) {
      return packageSources(tree).flatMap((file) => {
        const found: Violation[] = []
        const visit = (node: ts.Node): void => {
          const message = judge(node)
          if (message !== undefined) found.push({ file, line: lineOf(node), message })
          ts.forEachChild(node, visit)
        }
        visit(parse(tree, file))
        return found
      })
    },
  }
}

/** All of them. */
export const SYNTAX_RULES: readonly TidyRule[] = [
  undocumentedExports,
  judged('a source has no `any`', noAny),
  judged('a source has no non-null `!`', noNonNull),
  judged('a source has no enum', noEnum),
  judged('a source has no default export', noDefaultExport),
  skippedTests,
  openEnds,
]
