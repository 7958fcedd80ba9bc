/**
 * One configuration for the tests of all packages.
 *
 * A test imports its own package's sources relatively and other packages by name, that is their
 * `dist/`: `npm test` builds first. A package's own `#…` imports (see its package.json) lead to
 * `dist/` too; here they are led back to the sources, so that no module is loaded twice.
 *
 * Property tests run with one seed, printed at the start: always the same one, so that a change is
 * blamed only for what it did. `TAILRACE_SEED=<number>` sets another, `TAILRACE_SEED=random` draws one.
 */

import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vitest/config'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SEED_DEFAULT = 4455
const SEED_END = 0x7fff_ffff
const TIMEOUT_MS = 30_000
/** Vitest would leave one of two cores to itself, but many of these tests wait for disks and processes. */
const WORKERS = Math.max(2, availableParallelism() - 1)
const CHROMIUM_PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

const chromium = process.env['TAILRACE_CHROMIUM'] ?? CHROMIUM_PATHS.find((file) => existsSync(file))
const skipBrowsers = chromium === undefined && process.env['CI'] === undefined
if (skipBrowsers) {
  console.warn('no Chromium found (set TAILRACE_CHROMIUM): *.browser.test.ts are NOT run')
}

const seed = chooseSeed(process.env['TAILRACE_SEED'])
console.log(`seed: ${String(seed)} (replay with TAILRACE_SEED=${String(seed)})`)

export default defineConfig({
  root: ROOT,
  // `await using` is syntax that Node 20 does not know.
  oxc: { target: 'es2023' },
  plugins: [ownImportsFromSource()],
  test: {
    include: ['packages/*/test/**/*.test.ts', 'bench/test/**/*.test.ts'],
    exclude: [
      '**/node_modules/**',
      '**/dist/**',
      ...(skipBrowsers ? ['**/*.browser.test.ts'] : []),
    ],
    setupFiles: [path.join(ROOT, '.config/vitest.setup.ts')],
    pool: 'forks',
    maxWorkers: WORKERS,
    testTimeout: TIMEOUT_MS,
    hookTimeout: TIMEOUT_MS,
    env: { TAILRACE_SEED: String(seed), ...(chromium ? { TAILRACE_CHROMIUM: chromium } : {}) },
  },
})

function chooseSeed(given: string | undefined): number {
  if (given === undefined || given === '') return SEED_DEFAULT
  if (given === 'random') return Math.floor(Math.random() * SEED_END)
  const value = Number(given)
  if (Number.isInteger(value)) return value
  throw new RangeError(`TAILRACE_SEED must be a whole number: ${given}`)
}

/** Resolves `#name` imported from `packages/<p>/src` to `src` instead of the built `dist`. */
function ownImportsFromSource(): Plugin {
  return {
    name: 'tailrace-own-imports',
    enforce: 'pre',
    async resolveId(source, importer, options) {
      if (!source.startsWith('#') || importer?.includes('/src/') !== true) return null
      const resolved = await this.resolve(source, importer, { ...options, skipSelf: true })
      const file = resolved?.id.replace('/dist/', '/src/').replace(/\.js$/, '.ts')
      return file !== undefined && existsSync(file) ? file : resolved
    },
  }
}
