/**
 * Draws the pieces of a value: one element for each, and in it text, nothing but text.
 */

import type { ValueToken } from '../values/value-token.js'

/** Puts `tokens` into `target` instead of what is there. */
export function drawTokens(target: Element, tokens: readonly ValueToken[]): void {
  target.replaceChildren(...tokens.map(drawToken))
}

function drawToken({ kind, text }: ValueToken): Node {
  if (kind === 'text') return document.createTextNode(text)
  const made = document.createElement('span')
  made.className = `token-${kind}`
  made.textContent = text
  return made
}
