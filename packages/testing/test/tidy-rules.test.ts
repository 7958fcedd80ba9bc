/** Each rule finds what it is there to find, and leaves alone what it is not. */

import { describe, expect, it } from 'vitest'

import { headingsOf, linksOf } from './tidy/markdown.js'
import { memoryTree } from './tidy/source-tree.js'
import { TIDY_RULES } from './tidy/tidy-rules.js'
import { report } from './tidy/violation.js'

/** A repository that keeps every rule. */
const TIDY = {
  'README.md':
    '# Example\n\nSee [the packages](docs/ARCHITECTURE.md#packages-and-the-direction-of-imports).\n',
  'docs/ARCHITECTURE.md': [
    '# Architecture',
    '## Packages and the direction of imports',
    '| folder | name | is | may import | runs in |',
    '|---|---|---|---|---|',
    '| `packages/low` | `@x/low` | bytes | nothing | Node, browsers |',
    '| `packages/high` | `@x/high` | a server | `low`, `ws` | Node |',
    '',
  ].join('\n'),
  'docs/adr/0001-a-decision.md': '# 0001 A decision\n',
  'packages/low/package.json': '{"dependencies":{}}',
  'packages/low/src/index.ts': "/** The package. */\nexport { f } from './f.js'\n",
  'packages/low/src/f.ts':
    '/** A file; see docs/adr/0001. */\n\n/** Does. */\nexport function f(): void {}\n',
  'packages/high/package.json': '{"dependencies":{"@x/low":"workspace:*"}}',
  'packages/high/src/index.ts':
    "/** The package. */\nimport { f } from '@x/low'\nimport { WebSocket } from 'ws'\nf()\nnew WebSocket('')\n",
}

interface Case {
  readonly rule: string
  readonly file: string
  readonly text: string
  /** Part of the message; the place is checked too. */
  readonly finds: string
  readonly line?: number
}

const HEAD = '/** A file. */\n'

/** In parts, so that this file keeps the rule too. */
const MARK = ['TO', 'DO'].join('')
const ALONE = ['it', 'only'].join('.')

const CASES: readonly Case[] = [
  { rule: 'top level', file: 'notes.txt', text: '', finds: 'new at the top level' },
  {
    rule: 'at most 500 lines',
    file: 'bench/long.ts',
    text: '// a line\n'.repeat(501),
    finds: '501 lines',
  },
  { rule: 'kebab-case', file: 'packages/high/src/camelCase.ts', text: HEAD, finds: 'rename it' },
  {
    rule: 'begins with a docblock',
    file: 'packages/high/src/bare.ts',
    text: "import './index.js'\n",
    finds: 'no docblock',
  },
  {
    rule: 'has a docstring',
    file: 'packages/low/src/f.ts',
    text: `${HEAD}import './index.js'\n\nexport class F {}\n`,
    finds: 'exported class F',
    line: 4,
  },
  {
    rule: 'no `any`',
    file: 'packages/high/src/a.ts',
    text: `${HEAD}const a: any = 1\n`,
    finds: 'unknown',
    line: 2,
  },
  {
    rule: 'no non-null',
    file: 'packages/high/src/a.ts',
    text: `${HEAD}const a = [1]\nconst b = a[0]!\n`,
    finds: 'handle undefined',
    line: 3,
  },
  {
    rule: 'no enum',
    file: 'packages/high/src/a.ts',
    text: `${HEAD}enum A { B }\n`,
    finds: 'as const',
    line: 2,
  },
  {
    rule: 'no default export',
    file: 'packages/high/src/a.ts',
    text: `${HEAD}export default function f(): void {}\n`,
    finds: 'by name',
    line: 2,
  },
  {
    rule: 'left out or run alone',
    file: 'packages/high/test/a.test.ts',
    text: `\n${ALONE}('works', () => {})\n`,
    finds: ALONE,
    line: 2,
  },
  {
    rule: 'names its issue',
    file: 'packages/high/src/a.ts',
    text: `${HEAD}// ${MARK}: later\n// ${MARK}(#12): later\n`,
    finds: 'without its issue',
    line: 2,
  },
  {
    rule: 'architecture lets it',
    file: 'packages/low/src/a.ts',
    text: `${HEAD}export type { G } from '@x/high'\n`,
    finds: 'imports @x/high',
    line: 2,
  },
  {
    rule: 'architecture lets it',
    file: 'packages/low/src/a.ts',
    text: `${HEAD}type G = import('../../high/src/index.js').G\n`,
    finds: 'reaches into packages/high/src/index.ts',
    line: 2,
  },
  {
    rule: 'architecture lets it',
    file: 'packages/high/src/a.ts',
    text: `${HEAD}import { f } from '@x/low/dist/f.js'\n`,
    finds: 'import its name alone',
    line: 2,
  },
  {
    rule: 'architecture lets it',
    file: 'packages/low/src/a.ts',
    text: `${HEAD}import { join } from 'node:path'\n`,
    finds: 'also runs in browsers',
    line: 2,
  },
  {
    rule: 'architecture lets it',
    file: 'packages/other/src/a.ts',
    text: HEAD,
    finds: 'missing in the table',
  },
  {
    rule: 'mmap-io',
    file: 'packages/high/src/a.ts',
    text: `${HEAD}import m from 'mmap-io'\nimport n from 'mmap-io'\n`,
    finds: 'one file of core',
    line: 2,
  },
  {
    rule: 'imports itself',
    file: 'packages/low/src/f.ts',
    text: `${HEAD}import type { G } from './index.js'\n/** Does. */\nexport function f(): void {}\n`,
    finds: 'low/src/f.ts → low/src/index.ts → low/src/f.ts',
  },
  {
    rule: 'depends on another',
    file: 'packages/low/package.json',
    text: '{"dependencies":{"@x/high":"workspace:*"}}',
    finds: 'depends on high',
  },
  {
    rule: 'used by somebody',
    file: 'packages/low/src/f.ts',
    text: `${HEAD}/** Does. */\nexport function f(): void {}\n/** Not. */\nexport function g(): void {}\n`,
    finds: 'nobody uses g',
    line: 5,
  },
  { rule: 'one title', file: 'docs/a.md', text: '# A\n\n# B\n', finds: '2 titles', line: 3 },
  {
    rule: 'link leads somewhere',
    file: 'docs/a.md',
    text: '# A\n\n[b](b.md)\n',
    finds: 'no such file',
    line: 3,
  },
  {
    rule: 'link leads somewhere',
    file: 'docs/a.md',
    text: '# A\n\n[b](../README.md#examples)\n',
    finds: 'no such heading',
    line: 3,
  },
  {
    rule: 'code mentions',
    file: 'packages/high/src/a.ts',
    text: `${HEAD}// docs/adr/0001 and docs/adr/0002\n`,
    finds: 'mentions docs/adr/0002',
    line: 2,
  },
]

describe('a tidy tree', () => {
  it.each(TIDY_RULES.map((rule) => [rule.name, rule] as const))('keeps that %s', (_, rule) => {
    expect(report(rule.find(memoryTree(TIDY)))).toBe('')
  })
})

describe('an untidy tree', () => {
  it.each(CASES)('is caught by "$rule": $finds', ({ rule, file, text, finds, line = 1 }) => {
    const found = TIDY_RULES.filter(({ name }) => name.includes(rule)).flatMap((candidate) =>
      candidate.find(memoryTree({ ...TIDY, [file]: text })),
    )
    const fitting = found.find(({ message }) => message.includes(finds))
    expect(fitting, report(found)).toMatchObject({ file, line })
  })

  it('is caught by every rule', () => {
    const uncovered = TIDY_RULES.filter(
      ({ name }) => !CASES.some(({ rule }) => name.includes(rule)),
    )
    expect(uncovered.map(({ name }) => name)).toEqual([])
  })
})

describe('Markdown', () => {
  it('gives headings the anchors that GitHub gives them', () => {
    const anchors = headingsOf('# A & B\n## `code_x`, (c)\n## A b\n## a B\n').map((h) => h.anchor)
    expect(anchors).toEqual(['a--b', 'code_x-c', 'a-b', 'a-b-1'])
  })

  it('sees no headings and no links in code', () => {
    const markdown = '```sh\n# no title\n[a](b)\n```\n`[c](d)` [e](f)\n[g]: h\n'
    expect(headingsOf(markdown)).toEqual([])
    expect(linksOf(markdown)).toEqual([
      { target: 'f', line: 5 },
      { target: 'h', line: 6 },
    ])
  })
})
