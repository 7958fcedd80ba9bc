import { describe, expect, test } from 'vitest'

import { connectFailed, parseAddress } from '../../../src/connection/connection-errors.js'

describe('an address', () => {
  test.each([
    ['ws://localhost:4455', 'ws://localhost:4455/', 'localhost:4455'],
    ['wss://log.example.com/v1?x=1#frag', 'wss://log.example.com/v1?x=1', 'log.example.com:443'],
    ['http://[::1]:4455', 'ws://[::1]:4455/', '[::1]:4455'],
    ['https://log.example.com', 'wss://log.example.com/', 'log.example.com:443'],
    ['ws://localhost', 'ws://localhost/', 'localhost:80'],
  ])('%s becomes %s', (text, url, authority) => {
    expect(parseAddress(text)).toMatchObject({ url, authority })
  })

  test.each(['localhost:4455', 'ftp://localhost', '', '/v1'])('cannot be %j', (text) => {
    expect(() => parseAddress(text)).toThrow(TypeError)
  })
})

describe('a failed connection', () => {
  const address = parseAddress('ws://localhost:4455')

  test('says where, why and what to do', () => {
    const cause = new Error('connect ECONNREFUSED 127.0.0.1:4455')
    const error = connectFailed(address, { code: 1006, reason: '', error: cause })
    expect(error.message).toBe(
      'cannot connect to localhost:4455: connect ECONNREFUSED 127.0.0.1:4455; check the host and port, and start a server there with `tailrace serve`',
    )
    expect(error).toMatchObject({
      code: 'CONNECT_FAILED',
      cause,
      details: { host: 'localhost', port: 4455 },
    })
  })

  test('tells a web server from nobody', () => {
    const error = connectFailed(address, { code: 1006, reason: '', httpStatus: 403 })
    expect(error.message).toContain('HTTP status 403')
    expect(error.details).toMatchObject({ httpStatus: 403 })
  })

  test('makes do with the code where the environment does not say more', () => {
    const error = connectFailed(address, { code: 1006, reason: '' })
    expect(error.message).toContain('closed with code 1006; check')
  })

  test('names the code of an error without a message', () => {
    const cause = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' })
    const error = connectFailed(address, { code: 1006, reason: '', error: cause })
    expect(error.message).toContain('localhost:4455: ECONNREFUSED; check')
  })

  test('names the subprotocol that was refused', () => {
    const error = connectFailed(address, { code: 1006, reason: '', refusedSubprotocol: 'mqtt' })
    expect(error).toMatchObject({
      code: 'UNSUPPORTED_SUBPROTOCOL',
      message:
        'localhost:4455 chose the subprotocol "mqtt", must be "tailrace.v1"; is it a Tailrace server?',
    })
  })
})
