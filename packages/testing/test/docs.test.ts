/** What documents say of code and of each other, compared. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

import { codeBlocks, headingsOf, linksOf, section, tableUnder } from './tidy/markdown.js'
import { markdownFiles, repositoryTree } from './tidy/source-tree.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const tree = repositoryTree(ROOT)

const WORDS_OF_A_PAGE = 700
const RECORD = /^docs\/adr\/(\d{4})-[a-z0-9-]+\.md$/
const records = tree.paths.filter((file) => RECORD.test(file))

describe('decision records', () => {
  it('are numbered without a gap', () => {
    const numbers = records.map((file) => Number(RECORD.exec(file)?.[1]))
    expect(numbers).toEqual(numbers.map((_, index) => index))
  })

  it.each(records)('%s has the parts of one, on a page', (file) => {
    const text = tree.read(file)
    const [title, ...sections] = headingsOf(text)
    expect(title?.text).toMatch(new RegExp(`^${RECORD.exec(file)?.[1] ?? ''} `))
    expect(text).toMatch(/^- date: (?:\d{4}-\d\d-\d\d|YYYY-MM-DD)$/m)
    expect(text).toMatch(/^- status: (?:accepted|proposed.*|replaced by \d{4})$/m)
    expect(sections.map((heading) => heading.text)).toEqual([
      'Context',
      'Decision',
      'Consequences',
      'Alternatives rejected',
    ])
    expect(text.split(/\s+/).length).toBeLessThanOrEqual(WORDS_OF_A_PAGE)
  })

  it('are all listed in the architecture', () => {
    const listed = linksOf(section(tree.read('docs/ARCHITECTURE.md'), 'Decisions'))
    const expected = records.filter((file) => !file.includes('0000-')).map(toLink)
    expect(listed.map(({ target }) => target)).toEqual(expected)
  })

  it('name every dependency, and only those', () => {
    const text = tree.read('docs/adr/0009-dependencies.md')
    const rows = section(text, 'Decision').matchAll(/^\| (`[^|]+) \|/gm)
    const named = [...rows].flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)])
    expect(named.map(([, name = '']) => name).sort()).toEqual(externalDependencies())
  })
})

function toLink(file: string): string {
  return file.replace(/^docs\//, '')
}

function externalDependencies(): string[] {
  const manifests = tree.paths.filter((file) => file.endsWith('package.json'))
  const names = manifests.flatMap((file) => {
    const manifest = JSON.parse(tree.read(file)) as Record<string, Record<string, string>>
    const { dependencies, devDependencies, optionalDependencies } = manifest
    return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
      .filter(([, version]) => !version.startsWith('workspace:'))
      .map(([name]) => name)
  })
  return [...new Set(names)].sort()
}

describe('the glossary', () => {
  const tables = headingsOf(tree.read('docs/GLOSSARY.md')).filter(({ level }) => level === 2)
  const rows = tables.flatMap(({ text }) => tableUnder(tree.read('docs/GLOSSARY.md'), text))

  it('defines no word twice', () => {
    const words = rows.flatMap(([words = '']) => words.split(', '))
    expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([])
  })

  it('says something of each', () => {
    expect(rows.filter(([, meaning = '']) => meaning.length < 10)).toEqual([])
  })
})

describe('the map of documents', () => {
  it('leads to every document', () => {
    const linked = linksOf(tree.read('docs/README.md')).map(({ target }) =>
      path.posix.join('docs', target.replace(/#.*/, '')),
    )
    const documents = markdownFiles(tree).filter(
      (file) =>
        /^(?:docs\/[^/]+|packages\/[^/]+\/README)\.md$/.test(file) && file !== 'docs/README.md',
    )
    expect(documents.filter((file) => !linked.includes(file))).toEqual([])
  })
})

describe('programs in documents', () => {
  it('have the right types', () => {
    const sources = new Map<string, string>()
    for (const file of markdownFiles(tree)) {
      for (const { language, text, line } of codeBlocks(tree.read(file))) {
        if (language !== 'ts' && language !== 'js') continue
        sources.set(path.join(ROOT, `${file.replaceAll('/', '_')}-line-${line}.mts`), text)
      }
    }
    expect(sources.size).toBeGreaterThanOrEqual(3)
    expect(typeErrors(sources)).toBe('')
  })
})

/** Compiles modules that are not on disk, as a file at the root of the checkout would be. */
function typeErrors(sources: ReadonlyMap<string, string>): string {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    // An example may show values as they come, whatever they are.
    noImplicitAny: false,
  }
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists, getSourceFile } = host
  host.fileExists = (file) => sources.has(file) || fileExists(file)
  host.readFile = (file) => sources.get(file) ?? readFile(file)
  host.getSourceFile = (file, ...rest) => {
    const text = sources.get(file)
    if (text === undefined) return getSourceFile(file, ...rest)
    return ts.createSourceFile(file, `${text}\nexport {}\n`, ts.ScriptTarget.ESNext, true)
  }
  host.getCurrentDirectory = () => ROOT
  const checked = ts.createProgram([...sources.keys()], options, host)
  return ts
    .getPreEmitDiagnostics(checked)
    .map(({ file, start = 0, messageText }) => {
      const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line
      const name = path.basename(file?.fileName ?? '')
      return `${name} + ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
    })
    .join('\n')
}

describe('the changelog', () => {
  it('begins with what is not released yet', () => {
    const text = readFileSync(path.join(ROOT, 'CHANGELOG.md'), 'utf8')
    expect(headingsOf(text)[1]?.text).toBe('Unreleased')
  })
})
