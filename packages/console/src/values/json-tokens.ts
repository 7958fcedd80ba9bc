/**
 * JSON laid out for reading, without taking it apart into values and back.
 *
 * What stands in the source is what is shown: `12345678901234567890`, `1.0` and a repeated key would
 * not survive `JSON.parse` followed by `JSON.stringify`. Works on the head of a longer text too; the
 * caller says where it was cut.
 */

import { escapeInvisible, type TokenKind, type ValueToken } from './value-token.js'

/** Space, a string (perhaps cut off), a number, a word, one mark, or anything else. */
const LEXEME = /\s+|"(?:[^"\\]|\\.)*"?|-?\d[\d.eE+-]*|[A-Za-z]+|[{}[\],:]|./gsu

const INDENT = '  '
const OPENING = '{['
const CLOSING = '}]'

/** The tokens of JSON text on one line, with a space after each colon and comma. */
export function jsonLine(source: string): ValueToken[] {
  const out = new TokenList()
  for (const lexeme of lexemes(source)) {
    out.push(lexeme)
    if (isSeparator(lexeme)) out.push(SPACE)
  }
  return out.tokens
}

/** The tokens of JSON text with one member a line; empty objects and arrays stay closed. */
export function jsonBlock(source: string): ValueToken[] {
  const out = new TokenList()
  let depth = 0
  let previous = ''
  for (const lexeme of lexemes(source)) {
    const closes = lexeme.kind === 'punctuation' && CLOSING.includes(lexeme.text)
    if (closes) depth = Math.max(0, depth - 1)
    const wasOpened = previous !== '' && OPENING.includes(previous)
    if (wasOpened !== closes && out.tokens.length > 0) out.push(newLine(depth))
    out.push(lexeme)
    if (lexeme.kind === 'punctuation') {
      if (lexeme.text === ',') out.push(newLine(depth))
      if (lexeme.text === ':') out.push(SPACE)
      if (OPENING.includes(lexeme.text)) depth++
    }
    previous = lexeme.kind === 'punctuation' ? lexeme.text : ''
  }
  return out.tokens
}

const SPACE: ValueToken = { kind: 'punctuation', text: ' ' }

function newLine(depth: number): ValueToken {
  return { kind: 'punctuation', text: `\n${INDENT.repeat(depth)}` }
}

function isSeparator({ kind, text }: ValueToken): boolean {
  return kind === 'punctuation' && (text === ',' || text === ':')
}

/** Everything but the space between; a string before a colon is a key. */
function* lexemes(source: string): Generator<ValueToken> {
  let held: string | undefined
  for (const [lexeme] of source.matchAll(LEXEME)) {
    if (lexeme.trim() === '') continue
    if (held !== undefined) {
      yield { kind: lexeme === ':' ? 'key' : 'string', text: escapeInvisible(held) }
      held = undefined
    }
    if (lexeme.startsWith('"')) held = lexeme
    else yield { kind: kindOf(lexeme), text: escapeInvisible(lexeme) }
  }
  if (held !== undefined) yield { kind: 'string', text: escapeInvisible(held) }
}

function kindOf(lexeme: string): TokenKind {
  if (/^[{}[\],:]$/.test(lexeme)) return 'punctuation'
  if (/^-?\d/.test(lexeme)) return 'number'
  return /^[A-Za-z]/.test(lexeme) ? 'literal' : 'text'
}

/** Collects tokens, joining neighbours of one kind: fewer elements to draw. */
class TokenList {
  readonly tokens: ValueToken[] = []

  push(token: ValueToken): void {
    const last = this.tokens.at(-1)
    if (last?.kind === token.kind) {
      this.tokens[this.tokens.length - 1] = { kind: token.kind, text: last.text + token.text }
    } else {
      this.tokens.push(token)
    }
  }
}
