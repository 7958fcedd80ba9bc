/**
 * A shown value as pieces of text with a kind, the form between understanding a value and drawing it.
 *
 * Drawing makes one element for each token and sets its `textContent`: whatever a record holds, it
 * can only ever become text.
 */

/** What a piece of a shown value is; the style sheet knows a colour for each. */
export type TokenKind =
  'key' | 'string' | 'number' | 'literal' | 'punctuation' | 'text' | 'escape' | 'hex' | 'note'

/** A piece of a shown value. */
export interface ValueToken {
  readonly kind: TokenKind
  readonly text: string
}

/**
 * Control characters, and those that change the order of what stands around them: shown as escapes,
 * so that a value can neither hide a part of itself nor disturb its neighbours.
 */
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

/** Writes characters that cannot be seen as escapes: `\n`, `\x1b`, `\u202e`. */
export function escapeInvisible(text: string): string {
  return text.replace(INVISIBLE, escapeOf)
}

/** Splits text into what can be seen and escapes for what cannot; all of it on one line. */
export function textTokens(text: string): ValueToken[] {
  const tokens: ValueToken[] = []
  let shownTo = 0
  for (const match of text.matchAll(INVISIBLE)) {
    if (match.index > shownTo) tokens.push({ kind: 'text', text: text.slice(shownTo, match.index) })
    tokens.push({ kind: 'escape', text: escapeOf(match[0]) })
    shownTo = match.index + match[0].length
  }
  if (shownTo < text.length) tokens.push({ kind: 'text', text: text.slice(shownTo) })
  return tokens
}

/** The text of tokens, one after the other. */
export function textOf(tokens: readonly ValueToken[]): string {
  return tokens.map((token) => token.text).join('')
}

function escapeOf(character: string): string {
  const short = SHORT_ESCAPES[character]
  if (short !== undefined) return short
  const code = character.charCodeAt(0)
  const digits = code.toString(16)
  return code <= 0xff ? `\\x${digits.padStart(2, '0')}` : `\\u${digits.padStart(4, '0')}`
}
