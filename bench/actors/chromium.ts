/** Where the browser is. */
import { existsSync } from 'node:fs'

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The path of a Chromium, or undefined where there is none: looked for in the same places as in tests. */
export function chromiumPath(): string | undefined {
  const named = process.env['TAILRACE_CHROMIUM']
  return (named === undefined ? PATHS : [named]).find((path) => existsSync(path))
}
