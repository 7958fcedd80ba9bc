/** Takes apart the specification: its sections, the tables in them, and the lines of its example. */

import { readFileSync } from 'node:fs'

/** A row of a table: the text of each cell by the head of its column. */
export type TableRow = Readonly<Record<string, string>>

/** A text divided at its headings. */
export class MarkdownDocument {
  readonly text: string

  constructor(url: URL) {
    this.text = readFileSync(url, 'utf8')
  }

  /** What stands under a heading, up to the next heading of any level. */
  section(heading: string): string {
    const lines = this.text.split('\n')
    const start = lines.findIndex((line) => line.replace(/^#+ /, '') === heading)
    if (start < 0) throw new Error(`no heading "${heading}"`)
    const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line))
    return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join('\n')
  }

  /** The first table under a heading. */
  table(heading: string): TableRow[] {
    const block = /(?:^\|.*\|$\n?)+/m.exec(this.section(heading))
    if (block === null) throw new Error(`no table under "${heading}"`)
    return tableOf(block[0])
  }
}

function tableOf(block: string): TableRow[] {
  const [head = '', , ...rows] = block.trim().split('\n')
  const names = cellsOf(head)
  return rows.map((row) =>
    Object.fromEntries(cellsOf(row).map((cell, index) => [names[index] ?? '', cell])),
  )
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}
