// Sets the workspace up: dependencies, compiled packages, the console's page.
//
// Safe to run at any time and quick when nothing changed, so every npm script begins with it. Each
// step remembers in node_modules/ what it was last run for, and runs again when that differs. Prints
// one line per step that it really does (to stderr: the output of `npm run -s tailrace` stays the
// command's own), and a step's whole output when it fails.
//
// Needs only Node and npm: pnpm comes through npx, in the version that package.json names.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const STAMP = path.join(ROOT, 'node_modules', '.tailrace-setup.json')
const ADDON = 'packages/core/node_modules/mmap-io/build/Release/mmap-io.node'
const NODE_VERSION_MIN = [20, 19]
const SOURCE_FILE = /\.(?:tsx?|js|css|html|json|svg)$/

/** Brings the workspace up to date. Throws a `SetupError` that says what failed. */
export function setUp() {
  checkNodeVersion()
  const stamp = readStamp()

  const dependencies = digestOfDependencies()
  if (stamp.dependencies !== dependencies) {
    install({ rebuildAddon: stamp.abi !== undefined && stamp.abi !== process.versions.modules })
    // What was compiled against other dependencies is compiled again.
    writeStamp({ abi: process.versions.modules, dependencies })
  }

  const sources = digestOfSources()
  if (readStamp().sources !== sources || !isBuilt()) {
    build()
    writeStamp({ abi: process.versions.modules, dependencies, sources })
  }
}

class SetupError extends Error {}

function checkNodeVersion() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const [majorMin, minorMin] = NODE_VERSION_MIN
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return
  throw new SetupError(
    `Node ${process.versions.node} is too old: Tailrace needs Node ${majorMin}.${minorMin} or newer`,
  )
}

// --- dependencies ---

function install({ rebuildAddon }) {
  const pnpm = `pnpm@${pnpmVersion()}`
  const env = { ...process.env, ...nodeHeaders() }
  // `--yes` comes before the package, so that npx asks nothing.
  const args = ['install', '--frozen-lockfile', '--config.confirm-modules-purge=false']
  run('install dependencies', 'npx', ['--yes', pnpm, ...args], env)
  // An addon compiled for another Node does not load; pnpm does not notice the change by itself.
  if (rebuildAddon) {
    run('rebuild mmap-io for this Node', 'npx', ['--yes', pnpm, 'rebuild', '-r', 'mmap-io'], env)
  }
  if (!existsSync(path.join(ROOT, ADDON))) {
    process.stderr.write(
      'setup: mmap-io was not compiled; it needs a C++ compiler, make and Python 3. ' +
        'With these installed: delete node_modules, run this again\n',
    )
    process.exit(1)
  }
}

function pnpmVersion() {
  const { packageManager } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'))
  return packageManager.replace(/^pnpm@/, '')
}

/**
 * Points node-gyp at the headers that came with this Node, if they did. Without them node-gyp
 * downloads its own from nodejs.org, which not every network allows.
 */
function nodeHeaders() {
  const isSet = Object.keys(process.env).some((name) => name.toLowerCase() === 'npm_config_nodedir')
  if (isSet) return {}
  const prefix = path.resolve(path.dirname(process.execPath), '..')
  const headers = path.join(prefix, 'include', 'node')
  const present = ['node_api.h', 'node.h'].some((name) => existsSync(path.join(headers, name)))
  return present ? { npm_config_nodedir: prefix } : {}
}

/** Changes when another install could give another result. */
function digestOfDependencies() {
  const hash = createHash('sha256').update(process.versions.modules).update(process.arch)
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']
  for (const directory of packageDirectories()) files.push(path.join(directory, 'package.json'))
  for (const file of files) {
    const absolute = path.join(ROOT, file)
    hash
      .update(file)
      .update(file.endsWith('.json') ? manifestPart(absolute) : readFileSync(absolute))
  }
  return hash.digest('hex')
}

/** The part of a package.json that an install depends on: a new script needs no install. */
function manifestPart(file) {
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  const { name, bin, packageManager, dependencies, devDependencies, optionalDependencies } =
    manifest
  return JSON.stringify([
    name,
    bin,
    packageManager,
    dependencies,
    devDependencies,
    optionalDependencies,
  ])
}

// --- build ---

function build() {
  run('compile', process.execPath, [tool('typescript', 'bin/tsc'), '--build', 'packages'])
  if (hasConsolePage()) {
    const console = path.join(ROOT, 'packages', 'console')
    const vite = tool('vite', 'bin/vite.js')
    run('bundle the console', process.execPath, [vite, 'build', console, '--logLevel', 'warn'])
  }
}

function tool(name, file) {
  return path.join(ROOT, 'node_modules', name, file)
}

function hasConsolePage() {
  return existsSync(path.join(ROOT, 'packages', 'console', 'index.html'))
}

/** Whether every package has its output; the digest alone would not see a deleted `dist/`. */
function isBuilt() {
  return packageDirectories().every((directory) => {
    if (directory === 'packages/console' && !hasConsolePage()) return true
    return existsSync(path.join(ROOT, directory, 'dist'))
  })
}

/** Changes when a source or a compiler setting was touched: names, sizes and times, not contents. */
function digestOfSources() {
  const hash = createHash('sha256')
  for (const file of ['tsconfig.base.json', 'packages/tsconfig.json']) addFile(hash, file)
  for (const directory of packageDirectories()) addTree(hash, directory)
  return hash.digest('hex')
}

function addTree(hash, directory) {
  const entries = readdirSync(path.join(ROOT, directory), { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const relative = path.join(directory, entry.name)
    if (entry.isDirectory()) {
      if (!['dist', 'node_modules', 'test', 'results'].includes(entry.name)) addTree(hash, relative)
    } else if (SOURCE_FILE.test(entry.name)) {
      addFile(hash, relative)
    }
  }
}

function addFile(hash, relative) {
  const { size, mtimeMs } = statSync(path.join(ROOT, relative))
  hash.update(`${relative}\0${size}\0${mtimeMs}\n`)
}

// --- helpers ---

function packageDirectories() {
  const names = readdirSync(path.join(ROOT, 'packages')).map((name) => `packages/${name}`)
  const candidates = [...names, 'bench'].sort()
  return candidates.filter((name) => existsSync(path.join(ROOT, name, 'package.json')))
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8'))
  } catch {
    return {} // No stamp, or a damaged one: everything is done again.
  }
}

function writeStamp(stamp) {
  mkdirSync(path.dirname(STAMP), { recursive: true })
  writeFileSync(STAMP, JSON.stringify(stamp))
}

function run(title, command, args, env = process.env) {
  process.stderr.write(`setup: ${title}\n`)
  const result = spawnSync(command, args, {
    cwd: ROOT,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (result.error === undefined && result.status === 0) return
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`)
  const reason = result.error?.message ?? `exit ${result.status ?? result.signal}`
  throw new SetupError(`setup: "${title}" failed (${reason})`)
}

/** Runs the setup; on failure says why and ends the process with 1. */
export function setUpOrExit() {
  try {
    setUp()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUpOrExit()
