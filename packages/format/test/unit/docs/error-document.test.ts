/**
 * docs/errors.md is generated from the registry: by this test, when it is run with `--update`.
 *
 *   npm run test:only -- --update packages/format/test/unit/docs
 */

import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERROR_REGISTRY, type ErrorAction, type ErrorRegistration } from '../../../src/index.js'

const CLASSES: readonly (readonly [ErrorRegistration['class'], string])[] = [
  [
    'FormatError',
    'Bytes at rest, or a batch in flight, that are not what [the format](format.md) says.',
  ],
  [
    'ProtocolError',
    'The two ends of a connection do not understand each other. The connection closes.',
  ],
  ['RequestError', 'A request that was understood and cannot be met as it is.'],
  ['StorageError', 'The disk, or what is on it, does not permit the operation.'],
  ['LimitError', 'Too much at once: the same request may succeed later.'],
  [
    'ConnectionError',
    'Local: the connection, or what lived on it, is gone. No number on the wire.',
  ],
]

const ACTIONS: Readonly<Record<ErrorAction, string>> = {
  'fix-request':
    'The same call fails again. Change its arguments, the configuration or the rights.',
  retry: 'Wait and try the same again; `details.retryAfterMs` says how long, where it is known.',
  reconnect: 'The connection is of no more use. Make a new one; what was in flight is uncertain.',
  'reset-offset': 'Choose another offset: the details have the bounds or the present epoch.',
  reopen: 'The object is of no more use. Open a new one.',
  stop: 'Neither waiting nor trying again helps. A person has to look.',
}

function render(): string {
  const sections = CLASSES.map(([name, sentence]) => {
    const rows = Object.entries<ErrorRegistration>(ERROR_REGISTRY)
      .filter(([, row]) => row.class === name)
      .map(
        ([code, row]) => `| \`${code}\` | ${row.number ?? '–'} | ${row.action} | ${row.summary} |`,
      )
    const head = ['| code | number | action | meaning |', '|---|---|---|---|']
    return [`## ${name}`, '', sentence, '', ...head, ...rows].join('\n')
  })
  return `# Errors

Every error that an application may handle is a \`TailraceError\`. Match on its \`code\`, never on its message: codes are
stable within a major release, messages are not. Its \`action\` says what to do next, its \`details\` hold the numbers.
A \`TypeError\` or \`RangeError\` without a code is a mistake in the calling program; an \`AssertionError\` is a bug in
Tailrace. An aborted \`AbortSignal\` yields an error named \`AbortError\`, as on the web.

The numbers cross the wire and are never reused: a gap is a retired code. A number that a release does not know arrives
as \`UNKNOWN_SERVER_ERROR\`, the number in \`details.number\`.

This page is generated from the registry in \`packages/format/src/errors/error-registry.ts\`.

## Actions

| action | what to do |
|---|---|
${Object.entries(ACTIONS)
  .map(([action, meaning]) => `| ${action} | ${meaning} |`)
  .join('\n')}

${sections.join('\n\n')}
`
}

describe('docs/errors.md', () => {
  it('is what the registry says', async () => {
    const file = path.join(import.meta.dirname, '../../../../../docs/errors.md')
    await expect(render()).toMatchFileSnapshot(file)
  })

  it('has every code', () => {
    for (const code of Object.keys(ERROR_REGISTRY)) expect(render()).toContain(`| \`${code}\` |`)
  })
})
