/**
 * Tables without a frame, two spaces between columns: what people can also cut and paste.
 */

import Table from 'cli-table3'

/** A column: its title, and the side its cells are on. */
export interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
}

const BARE = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** The table, without a line break at the end and without spaces at the end of lines. */
export function bareTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  bold: (text: string) => string,
): string {
  const table = new Table({
    head: columns.map(({ title }) => bold(title)),
    chars: BARE,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: columns.map(({ align }) => align),
  })
  for (const row of rows) table.push([...row])
  return table.toString().replaceAll(/[ ]+$/gm, '')
}
