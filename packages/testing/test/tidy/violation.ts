/** One place where a rule is broken, and what to do about it. */

import type ts from 'typescript'

import type { SourceTree } from './source-tree.js'

/** Where, and what to do. */
export interface Violation {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** What is wrong, then what to do. */
  readonly message: string
}

/** A rule of docs/STYLE.md: its name is a sentence that holds for a tidy tree. */
export interface TidyRule {
  readonly name: string
  find(tree: SourceTree): Violation[]
}

/** The violations as lines that a terminal makes clickable; '' when there are none. */
export function report(violations: readonly Violation[]): string {
  return violations.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n')
}

/** The line, from 1, on which a node begins (its docblock not counted). */
export function lineOf(node: ts.Node): number {
  const source = node.getSourceFile()
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
}

/** The line, from 1, of a place in a text. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}
