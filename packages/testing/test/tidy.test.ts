/**
 * The repository against the rules of docs/STYLE.md, one test per rule.
 *
 * What lint checks (lengths of functions, banned globals, floating promises) is lint's; here is what
 * needs to see more than one file, or a document.
 */

import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

import { repositoryTree } from './tidy/source-tree.js'
import { TIDY_RULES } from './tidy/tidy-rules.js'
import { report } from './tidy/violation.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

describe('the repository', () => {
  const tree = repositoryTree(ROOT)

  it.each(TIDY_RULES.map((rule) => [rule.name, rule] as const))('keeps that %s', (_, rule) => {
    expect(report(rule.find(tree))).toBe('')
  })
})
