/** Which pages may connect. */

import { expect, test } from 'vitest'

import { isOriginAllowed, normalOrigin } from '../../../src/http/origin-policy.js'

const LOOPBACK = '127.0.0.1'
const LAN = '192.168.1.5'

const CASES: readonly [string, boolean, Parameters<typeof isOriginAllowed>[0]][] = [
  ['a program without an origin', true, { origin: undefined, host: 'x', localAddress: LAN }],
  ['a page of localhost', true, facts('http://localhost:5173', '127.0.0.1:4455')],
  ['a page of a name under localhost', true, facts('http://app.localhost', '127.0.0.1:4455')],
  ['a page of 127.0.0.1', true, facts('http://127.0.0.1:4455', '127.0.0.1:4455')],
  ['a page of ::1', true, facts('http://[::1]:4455', '[::1]:4455')],
  ['a page of the same address', true, facts(`http://${LAN}:4455`, `${LAN}:4455`, LAN)],
  ['a page of the same host', true, facts('https://logs.example', 'logs.example', LAN)],
  ['a page that is listed', true, facts('https://listed.example', 'logs.example', LAN)],
  ['a page of another host', false, facts('https://evil.example', 'logs.example', LAN)],
  ['a page of another port', false, facts('http://logs.example:81', 'logs.example:80', LAN)],
  ['a name made to resolve to this machine', false, facts('http://evil.example', 'evil.example')],
  [
    'the same over mapped IPv4',
    false,
    facts('http://evil.example', 'evil.example', '::ffff:127.0.0.1'),
  ],
  ['a name that begins like localhost', false, facts('http://localhost.evil.example', '127.0.0.1')],
  ['a name that begins like 127.', false, facts('http://127.0.0.1.evil.example', '127.0.0.1')],
  ['a sandboxed page', false, facts('null', '127.0.0.1:4455')],
  ['an empty origin', false, facts('', '127.0.0.1:4455')],
  ['a page whose host is not sent', false, facts('https://a.example', undefined, LAN)],
]

function facts(origin: string, host: string | undefined, localAddress = LOOPBACK) {
  return { origin, host, localAddress }
}

test.each(CASES)('%s: %s', (_, expected, given) => {
  expect(isOriginAllowed(given, new Set(['https://listed.example']))).toBe(expected)
})

test('origins are listed as a browser writes them', () => {
  expect(normalOrigin('https://Example.org:443/')).toBe('https://example.org')
  expect(() => normalOrigin('example.org')).toThrow(RangeError)
  expect(() => normalOrigin('file:///tmp')).toThrow(RangeError)
})
