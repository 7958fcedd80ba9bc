/** Rules about the documents: one title each, and no link that leads nowhere. */

import path from 'node:path'

import { headingsOf, linksOf } from '../markdown.js'
import { codeFiles, markdownFiles, type SourceTree } from '../source-tree.js'
import { lineAt, type TidyRule } from '../violation.js'

const oneTitle: TidyRule = {
  name: 'a document has one title, on its first line',
  find(tree) {
    return markdownFiles(tree).flatMap((file) => {
      const titles = headingsOf(tree.read(file)).filter(({ level }) => level === 1)
      if (titles.length === 1 && titles[0]?.line === 1) return []
      const line = titles[1]?.line ?? titles[0]?.line ?? 1
      return [{ file, line, message: `${titles.length} titles (# …); one, on the first line` }]
    })
  },
}

const liveLinks: TidyRule = {
  name: 'a link leads somewhere',
  find(tree) {
    return markdownFiles(tree).flatMap((file) =>
      linksOf(tree.read(file)).flatMap(({ target, line }) => {
        const fault = faultOf(tree, file, target)
        return fault === undefined ? [] : [{ file, line, message: `link to ${target}: ${fault}` }]
      }),
    )
  },
}

function faultOf(tree: SourceTree, file: string, target: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined
  const [pathPart = '', anchor] = target.split('#', 2)
  if (pathPart.startsWith('/')) return 'begins with a slash; write it relative to the document'
  const joined = path.posix.join(path.posix.dirname(file), decodeURI(pathPart))
  const linked = pathPart === '' ? file : joined.replace(/\/$/, '')
  if (!exists(tree, linked)) return 'there is no such file; mend the path'
  if (anchor === undefined) return undefined
  if (!linked.endsWith('.md')) return 'an anchor outside of Markdown; link the file'
  return hasAnchor(tree.read(linked), anchor) ? undefined : 'there is no such heading; mend it'
}

function exists(tree: SourceTree, file: string): boolean {
  return file === '.' || tree.paths.some((known) => known === file || known.startsWith(`${file}/`))
}

function hasAnchor(markdown: string, anchor: string): boolean {
  if (headingsOf(markdown).some((heading) => heading.anchor === anchor)) return true
  return markdown.includes(`id="${anchor}"`) || markdown.includes(`name="${anchor}"`)
}

const liveMentions: TidyRule = {
  name: 'a document that code mentions is there',
  find(tree) {
    return codeFiles(tree)
      .filter((file) => !file.startsWith('packages/testing/test/tidy'))
      .flatMap((file) => {
        const text = tree.read(file)
        const mentions = text.matchAll(/\bdocs\/(?:adr\/\d{4}|[A-Za-z0-9_/-]+\.md(?:#[\w-]+)?)/g)
        return [...mentions].flatMap((mention) => {
          if (isThere(tree, mention[0])) return []
          const line = lineAt(text, mention.index)
          return [{ file, line, message: `mentions ${mention[0]}, which is not there` }]
        })
      })
  },
}

/** A file, a heading in it, or a decision record by its number. */
function isThere(tree: SourceTree, mention: string): boolean {
  const [file = '', anchor] = mention.split('#', 2)
  if (/^docs\/adr\/\d{4}$/.test(file)) {
    return tree.paths.some((known) => known.startsWith(`${file}-`))
  }
  if (!tree.paths.includes(file)) return false
  return anchor === undefined || hasAnchor(tree.read(file), anchor)
}

/** All of them. */
export const DOCUMENT_RULES: readonly TidyRule[] = [oneTitle, liveLinks, liveMentions]
