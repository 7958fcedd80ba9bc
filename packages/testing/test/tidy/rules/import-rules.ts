/**
 * Rules about who imports whom. What a package may import is read from the table in
 * docs/ARCHITECTURE.md, so that the document and the code cannot part.
 */

import { importsOf, resolveRelative, type Import } from '../imports.js'
import { tableUnder } from '../markdown.js'
import { packageOf, packageSources, type SourceTree } from '../source-tree.js'
import type { TidyRule, Violation } from '../violation.js'

/** Where the table is: folder, npm name, what it is, what it may import, where it runs. */
const ARCHITECTURE = 'docs/ARCHITECTURE.md'
const PACKAGES_HEADING = 'Packages and the direction of imports'

/** Sources of packages that run anywhere may still have a variant for Node, by this name. */
const NODE_VARIANT = /-node\.ts$/

const MMAP_IMPORTS_MAX = 1

/** A row of the table. */
interface PackageFence {
  readonly folder: string
  readonly npmName: string
  readonly mayImport: ReadonlySet<string>
  readonly runsAnywhere: boolean
}

const direction: TidyRule = {
  name: 'a package imports only what the architecture lets it',
  find(tree) {
    const fences = packageFences(tree)
    return packageSources(tree).flatMap((file) => {
      const fence = fences.find(({ folder }) => folder === packageOf(file))
      if (fence === undefined) {
        return [
          { file, line: 1, message: `its package is missing in the table of ${ARCHITECTURE}` },
        ]
      }
      return importsOf(tree, file).flatMap((found) => {
        const message = trespass(tree, { file, fence, fences }, found)
        return message === undefined ? [] : [{ file, line: found.line, message }]
      })
    })
  },
}

function trespass(
  tree: SourceTree,
  from: {
    readonly file: string
    readonly fence: PackageFence
    readonly fences: readonly PackageFence[]
  },
  { specifier }: Import,
): string | undefined {
  const { file, fence, fences } = from
  if (specifier.startsWith('#')) return undefined
  if (specifier.startsWith('.')) {
    const target = resolveRelative(tree, file, specifier)
    if (target === undefined || packageOf(target) === fence.folder) return undefined
    return `reaches into ${target}; import the package by its name`
  }
  if (specifier.startsWith('node:')) {
    if (!fence.runsAnywhere || NODE_VARIANT.test(file)) return undefined
    return `${specifier} in a package that also runs in browsers; put it into a -node.ts variant`
  }
  const name = packageNameOf(specifier)
  const own = fences.find(({ npmName }) => npmName === name)
  if (own !== undefined && specifier !== name) return `reaches into ${name}; import its name alone`
  if (fence.mayImport.has(own?.folder ?? name)) return undefined
  return `imports ${name}, which ${fence.folder} may not; see the table in ${ARCHITECTURE}`
}

const mmapOnce: TidyRule = {
  name: 'mmap-io is imported by one file',
  find(tree) {
    const importers = packageSources(tree).flatMap((file) =>
      importsOf(tree, file)
        .filter(({ specifier }) => specifier === 'mmap-io')
        .map(({ line }) => ({
          file,
          line,
          message: 'imports mmap-io; one file of core does that',
        })),
    )
    return importers.length > MMAP_IMPORTS_MAX ? importers : []
  },
}

const noCycles: TidyRule = {
  name: 'no source imports itself through others',
  find(tree) {
    const sources = packageSources(tree)
    const targets = new Map(sources.map((file) => [file, neighbours(tree, file)]))
    const reported = new Set<string>()
    return sources.flatMap((file) => {
      const cycle = shortestCycle(file, targets)
      if (cycle === undefined || cycle.some((member) => reported.has(member))) return []
      for (const member of cycle) reported.add(member)
      const way = [...cycle, file].map((member) => member.replace(/^packages\//, '')).join(' → ')
      return [
        { file, line: 1, message: `imports itself: ${way}; move what both need into a third` },
      ]
    })
  },
}

function neighbours(tree: SourceTree, file: string): string[] {
  const targets = importsOf(tree, file).map(({ specifier }) =>
    resolveRelative(tree, file, specifier),
  )
  return [...new Set(targets.filter((target) => target !== undefined))]
}

/** The shortest way from a file back to it, without its end; undefined when there is none. */
function shortestCycle(
  start: string,
  targets: ReadonlyMap<string, readonly string[]>,
): string[] | undefined {
  const cameFrom = new Map<string, string>()
  const queue = [start]
  for (const file of queue) {
    for (const target of targets.get(file) ?? []) {
      if (target === start) return wayTo(file, start, cameFrom)
      if (cameFrom.has(target)) continue
      cameFrom.set(target, file)
      queue.push(target)
    }
  }
  return undefined
}

function wayTo(end: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way: string[] = []
  let at: string | undefined = end
  while (at !== undefined && at !== start) {
    way.unshift(at)
    at = cameFrom.get(at)
  }
  return [start, ...way]
}

const manifests: TidyRule = {
  name: 'a package depends on another only where it may import it',
  find(tree) {
    const fences = packageFences(tree)
    return fences.flatMap((fence): Violation[] => {
      const file = `packages/${fence.folder}/package.json`
      if (!tree.paths.includes(file)) return []
      const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
        tree.read(file),
      ) as Record<string, Record<string, string> | undefined>
      return Object.keys({ ...dependencies, ...optionalDependencies })
        .map((name) => fences.find(({ npmName }) => npmName === name)?.folder)
        .filter((folder) => folder !== undefined && !fence.mayImport.has(folder))
        .map((folder) => ({
          file,
          line: 1,
          message: `depends on ${folder ?? ''}; see the table in ${ARCHITECTURE}`,
        }))
    })
  },
}

/** The table of the architecture. */
export function packageFences(tree: SourceTree): PackageFence[] {
  const rows = tableUnder(tree.read(ARCHITECTURE), PACKAGES_HEADING)
  return rows.map(([folder = '', npmName = '', , mayImport = '', runsIn = '']) => ({
    folder: codeIn(folder)[0]?.replace(/^packages\//, '') ?? folder,
    npmName: codeIn(npmName)[0] ?? npmName,
    mayImport: new Set(codeIn(mayImport)),
    runsAnywhere: runsIn.includes('browser'),
  }))
}

function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')
}

function packageNameOf(specifier: string): string {
  const parts = specifier.split('/')
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}

/** All of them. */
export const IMPORT_RULES: readonly TidyRule[] = [direction, mmapOnce, noCycles, manifests]
