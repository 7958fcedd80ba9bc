// The rules of docs/STYLE.md that a machine can check, and the import fences between packages.
//
// Types are checked in one program (.config/tsconfig.lint.json) for all packages and tests; other
// packages are seen through their `dist/`, so build before linting (`npm run lint` after setup).

import { defineConfig, globalIgnores } from 'eslint/config'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import tseslint from 'typescript-eslint'

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

// --- import fences: what each package's src may import (the table in docs/ARCHITECTURE.md) ---

const MMAP_FILES = [
  'packages/core/src/storage/mapped-storage.ts',
  'packages/core/src/storage/mmap.ts',
]
const WEBSOCKET_NODE_FILES = ['packages/client/src/transport/websocket-node.ts']

/** Packages that run anywhere have no Node built-ins; `node` says that a package may use them. */
const MAY_IMPORT = {
  format: { packages: [], node: false },
  protocol: { packages: ['@tailrace/format', 'msgpackr'], node: false },
  core: { packages: ['@tailrace/format'], node: true },
  server: {
    packages: ['@tailrace/core', '@tailrace/format', '@tailrace/protocol', 'ws'],
    node: true,
  },
  client: { packages: ['@tailrace/format', '@tailrace/protocol', 'msgpackr'], node: false },
  cli: {
    packages: [
      '@tailrace/client',
      '@tailrace/core',
      '@tailrace/format',
      '@tailrace/protocol',
      '@tailrace/server',
      'cli-progress',
      'cli-table3',
      'hdr-histogram-js',
      'picocolors',
      'yargs',
    ],
    node: true,
  },
  console: { packages: ['@tailrace/client'], node: false },
  testing: { packages: ['@tailrace/core', '@tailrace/format'], node: true },
}

const PACKAGE_NAMES = [...Object.keys(MAY_IMPORT), 'bench']

/** Nobody imports another package's files: packages meet at their exports. */
const NO_REACHING_IN = {
  regex: `^(@?tailrace/|(\\.\\./)+(packages/)?)(${PACKAGE_NAMES.join('|')})/(src|test|dist)/`,
  message: "Do not reach into another package's files; import its name.",
}

/** A bare import other than those listed: npm packages, and Node's own unless allowed. */
function fence({ packages, node }) {
  const allowed = [...packages.map((name) => `${name}(/|$)`), ...(node ? ['node:'] : [])]
  return {
    regex: `^(?!\\.|#${allowed.map((item) => `|${item}`).join('')})`,
    message: `Outside this package's fence. It may import: ${[...packages, ...(node ? ['node:*'] : [])].join(', ') || 'nothing'}.`,
  }
}

function restrictImports(...patterns) {
  return ['error', { patterns: [NO_REACHING_IN, ...patterns] }]
}

const fences = Object.entries(MAY_IMPORT).map(([name, allowed]) => ({
  name: `tailrace/fence/${name}`,
  files: [`packages/${name}/src/**/*.ts`],
  rules: { 'no-restricted-imports': restrictImports(fence(allowed)) },
}))

const openings = [
  {
    name: 'tailrace/fence/node-variants',
    files: ['packages/{format,protocol}/src/**/*-node.ts'],
    rules: { 'no-restricted-imports': restrictImports(fence({ packages: [], node: true })) },
  },
  {
    name: 'tailrace/fence/mmap-io',
    files: MMAP_FILES,
    rules: {
      'no-restricted-imports': restrictImports(
        fence({ packages: [...MAY_IMPORT.core.packages, 'mmap-io'], node: true }),
      ),
    },
  },
  {
    name: 'tailrace/fence/client-in-node-only',
    files: ['packages/client/src/**/*-node.ts'],
    rules: {
      'no-restricted-imports': restrictImports(fence({ ...MAY_IMPORT.client, node: true })),
      'no-restricted-globals': 'off',
    },
  },
  {
    name: 'tailrace/fence/ws-in-node-only',
    files: WEBSOCKET_NODE_FILES,
    rules: {
      'no-restricted-imports': restrictImports(
        fence({ packages: [...MAY_IMPORT.client.packages, 'ws'], node: true }),
      ),
      'no-restricted-globals': 'off',
    },
  },
]

// --- the world comes in through the constructor ---

const HIDDEN_WORLD = [
  { object: 'Date', property: 'now', message: 'Take a clock through the constructor.' },
  { object: 'performance', property: 'now', message: 'Take a clock through the constructor.' },
  { object: 'Math', property: 'random', message: 'Take a random source through the constructor.' },
  {
    object: 'process',
    property: 'env',
    message: 'Read the environment in main.ts, pass values in.',
  },
]
const TIMERS = ['setTimeout', 'setInterval'].map((name) => ({
  name,
  message: 'Take a clock through the constructor; timers belong in io/ and main.ts.',
}))
const NODE_GLOBALS = ['Buffer', 'process', 'global', 'require', 'setImmediate', '__dirname'].map(
  (name) => ({ name, message: 'This package also runs in browsers.' }),
)

const NO_DEFAULT_EXPORT = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name.',
}
const NO_ENUM = { selector: 'TSEnumDeclaration', message: 'Use an `as const` table.' }
const NO_MODULE_LET = {
  selector: 'Program > VariableDeclaration[kind="let"]',
  message: 'No module-level state: pass it in.',
}

export default defineConfig(
  globalIgnores([
    '**/dist/**',
    '**/node_modules/**',
    '**/coverage/**',
    '**/results/**',
    'packages/*/test/golden/**',
    'packages/console/public/**',
    'data/**',
    'docs/**',
  ]),
  {
    name: 'tailrace/typescript',
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: '.config/tsconfig.lint.json', tsconfigRootDir: ROOT },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT, NO_ENUM],
      'no-restricted-imports': restrictImports(),
      'max-params': ['error', 3],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Numbers and booleans read well in a message; objects do not.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // A wrapper that only passes a void on is clear enough.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      // An empty method is how a port says "nothing to do here".
      '@typescript-eslint/no-empty-function': 'off',
      // An async method without await is how an implementation of an asynchronous port may look.
      '@typescript-eslint/require-await': 'off',
      // `while (true)` is how a loop that ends by `return` is written.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
    },
  },
  {
    name: 'tailrace/src',
    files: ['packages/*/src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 500 }],
      'max-lines-per-function': ['error', { max: 80 }],
      'no-restricted-properties': ['error', ...HIDDEN_WORLD],
      'no-restricted-globals': ['error', ...TIMERS],
      'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT, NO_ENUM, NO_MODULE_LET],
    },
  },
  {
    name: 'tailrace/anywhere',
    files: ['packages/{format,protocol,client,console}/src/**/*.ts'],
    rules: { 'no-restricted-globals': ['error', ...TIMERS, ...NODE_GLOBALS] },
  },
  ...fences,
  ...openings,
  {
    name: 'tailrace/hot-paths',
    files: ['packages/{format,core}/src/**/*.ts'],
    // Primitives instead of an options object, where a call must allocate nothing.
    rules: { 'max-params': ['error', 4] },
  },
  {
    name: 'tailrace/where-the-world-enters',
    files: ['packages/*/src/io/**/*.ts', 'packages/*/src/**/main.ts', 'packages/cli/src/**/*.ts'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-globals': 'off' },
  },
  {
    name: 'tailrace/where-the-world-enters-a-page',
    files: ['packages/{format,protocol,client}/src/io/**/*.ts', 'packages/console/src/**/*.ts'],
    rules: {
      'no-restricted-properties': 'off',
      'no-restricted-globals': ['error', ...NODE_GLOBALS],
    },
  },
  {
    name: 'tailrace/programs',
    files: ['packages/cli/src/**/*.ts', 'bench/**/*.ts', '.config/**'],
    rules: { 'no-console': 'off' },
  },
  {
    name: 'tailrace/tests',
    files: ['packages/*/test/**/*.ts', 'bench/test/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-globals': 'off',
      // A test may hand over what the types forbid, and looks at what it just made.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    name: 'tailrace/tool-configuration',
    files: ['.config/*.ts', '**/vite.config.ts'],
    rules: { 'no-restricted-syntax': 'off', 'no-restricted-imports': 'off' },
  },
)
