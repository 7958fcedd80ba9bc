// Runs the tailrace command of this workspace, set up first.
//
// In this very process, not in a child: Ctrl-C and SIGTERM reach the server itself.

import path from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { setUpOrExit } from './setup.mjs'

setUpOrExit()

const main = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url))
process.argv[1] = path.resolve(main) // The command sees the arguments as if it had been started itself.
await import(pathToFileURL(main).href)
