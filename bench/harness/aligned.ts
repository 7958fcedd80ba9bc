/** Lines of cells as lines of text, cells below each other. */

/** Pads each column to its longest cell; those that `isLeft` says on the right, the others on the left. */
export function aligned(
  lines: readonly (readonly string[])[],
  isLeft: (at: number) => boolean,
): string[] {
  const widths = (lines[0] ?? []).map((_, at) =>
    Math.max(...lines.map((cells) => cells[at]?.length ?? 0)),
  )
  return lines.map((cells) =>
    cells
      .map((cell, at) =>
        isLeft(at) ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}
