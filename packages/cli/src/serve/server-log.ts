/**
 * What the server reports while it runs, as lines on stderr.
 */

import { type Logger, type LogFields } from '@tailrace/server'

import { type Notices } from '../io/notices.js'

/** Writes warnings and errors; with `isVerbose` also what happens in the ordinary way. */
export function createServerLog(notices: Notices, isVerbose: boolean): Logger {
  const detail = (message: string, fields?: LogFields) => {
    if (isVerbose) notices.say(lineOf(message, fields))
  }
  return {
    debug: detail,
    info: detail,
    warn: (message, fields) => notices.fail(lineOf(message, fields)),
    error: (message, fields) => notices.fail(lineOf(message, fields)),
  }
}

/** `a connection was refused code=FORBIDDEN_ORIGIN`. */
function lineOf(message: string, fields: LogFields = {}): string {
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${shown(value)}`)
  return [message, ...parts].join(' ')
}

function shown(given: unknown): string {
  const value = given instanceof Error ? given.message : given
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)
}
