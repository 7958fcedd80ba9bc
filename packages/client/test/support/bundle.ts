/** Bundles a page's script with the built client, the way an application does. */

import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Rolldown } from 'vite'

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))

/** A bundle: its code, and what it would still have to import. */
export interface Bundle {
  readonly code: string
  readonly imports: readonly string[]
}

/** The bundle of a script that may import `@tailrace/client`; minified, for browsers. */
export async function bundle(script: string): Promise<Bundle> {
  const entry = '\0entry.js'
  const output = await build({
    configFile: false,
    logLevel: 'error',
    root: PACKAGE,
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => {
          if (id === entry) return id
          // A package does not depend on itself; its exports lead here.
          return id === '@tailrace/client' ? path.join(PACKAGE, 'dist/index.js') : null
        },
        load: (id) => (id === entry ? script : null),
      },
    ],
    build: {
      write: false,
      target: 'es2022',
      rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' },
    },
  })
  const [{ output: parts }] = [output].flat() as [Rolldown.RolldownOutput]
  const chunks = parts.filter((part) => part.type === 'chunk')
  return {
    code: chunks.map(({ code }) => code).join('\n'),
    imports: chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]),
  }
}
