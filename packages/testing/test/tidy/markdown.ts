/**
 * As much of Markdown as the rules need: headings with their anchors, and links.
 *
 * Code is no text: fenced blocks and code spans are blanked out first, in place, so that lines keep
 * their numbers. Anchors are made as GitHub makes them.
 */

/** A heading. */
export interface Heading {
  readonly level: number
  readonly text: string
  readonly line: number
  /** What a link names it by, without the `#`. */
  readonly anchor: string
}

/** A link to somewhere: inline, by reference, or an image. */
export interface Link {
  readonly target: string
  readonly line: number
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/
const SETEXT_UNDERLINE = /^ {0,3}=+\s*$/
const INLINE_LINK = /!?\[(?:[^[\]]|\[[^\]]*\])*\]\(\s*<?([^\s()<>]+(?:\([^\s()]*\))?)>?[^)]*\)/g
const REFERENCE = /^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)/

/** The lines of a document with the content of code taken out. */
export function textLines(markdown: string): string[] {
  let fence: string | undefined
  return markdown.split('\n').map((line) => {
    const mark = FENCE.exec(line)?.[1]
    if (fence !== undefined) {
      if (mark?.startsWith(fence) === true && line.trim() === mark) fence = undefined
      return ''
    }
    if (mark === undefined) return line
    fence = mark
    return ''
  })
}

/** The headings of a document in order. */
export function headingsOf(markdown: string): Heading[] {
  const found: Heading[] = []
  const seen = new Map<string, number>()
  const lines = textLines(markdown)
  for (const [at, line] of lines.entries()) {
    const isUnderlined = SETEXT_UNDERLINE.test(lines[at + 1] ?? '') && line.trim() !== ''
    const match = HEADING.exec(line)
    const text = isUnderlined ? line.trim() : match?.[2]
    if (text === undefined) continue
    const slug = slugOf(text)
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    const level = isUnderlined ? 1 : (match?.[1] ?? '').length
    found.push({ level, text, line: at + 1, anchor: count === 0 ? slug : `${slug}-${count}` })
  }
  return found
}

/** The links of a document in order. */
export function linksOf(markdown: string): Link[] {
  return textLines(markdown).flatMap((line, at) => {
    const text = line.replace(/(`+)(?:(?!\1).)*\1/g, (code) => ' '.repeat(code.length))
    const targets = [...text.matchAll(INLINE_LINK)].map((match) => match[1] ?? '')
    const reference = REFERENCE.exec(text)?.[1]
    if (reference !== undefined) targets.push(reference)
    return targets.map((target) => ({ target, line: at + 1 }))
  })
}

/** A fenced block of code. */
export interface CodeBlock {
  /** The first word behind the fence; '' when there is none. */
  readonly language: string
  readonly text: string
  /** The line on which the text begins. */
  readonly line: number
}

/** The fenced blocks of a document in order. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks = markdown.matchAll(/^(```+)(\w*)[^\n]*\n(.*?)^\1\s*$/gms)
  return [...blocks].map(({ index, 2: language = '', 3: text = '' }) => {
    const line = markdown.slice(0, index).split('\n').length + 1
    return { language, text, line }
  })
}

/** What stands under a heading, up to the next of its level or above. */
export function section(markdown: string, headingText: string): string {
  const headings = headingsOf(markdown)
  const start = headings.findIndex(({ text }) => text === headingText)
  const { level = 0, line = 0 } = headings[start] ?? {}
  if (start < 0) throw new RangeError(`no heading "${headingText}"`)
  const next = headings.slice(start + 1).find((heading) => heading.level <= level)
  return markdown
    .split('\n')
    .slice(line, next && next.line - 1)
    .join('\n')
}

/** Rows of the first table under a heading, header row left out, cells without their padding. */
export function tableUnder(markdown: string, headingText: string): string[][] {
  const lines = markdown.split('\n')
  const heading = headingsOf(markdown).find(({ text }) => text === headingText)
  if (heading === undefined) throw new RangeError(`no heading "${headingText}"`)
  const start = lines.findIndex((line, at) => at >= heading.line && line.startsWith('|'))
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'))
  const rows = lines.slice(start, end < 0 ? undefined : end)
  return rows.slice(2).map((row) => {
    const cells = row.split(/(?<!\\)\|/).slice(1, -1)
    return cells.map((cell) => cell.trim())
  })
}

function slugOf(text: string): string {
  return text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}
