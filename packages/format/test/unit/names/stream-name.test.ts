/** Names of streams, and the moment a valid one becomes invalid. */

import { describe, expect, it } from 'vitest'
import { RequestError, STREAM_NAME_PATTERN, checkStreamName } from '../../../src/index.js'
import { thrownBy } from '../../support/batches.js'

describe('a stream name', () => {
  it.each(['a', '0', '-', '_', 'orders', 'Orders.v2_eu-west', 'a.', 'a..b', 'x'.repeat(255)])(
    'can be %s',
    (name) => {
      checkStreamName(name)
      expect(STREAM_NAME_PATTERN.test(name)).toBe(true)
    },
  )

  it.each([
    '',
    '.',
    '..',
    '.hidden',
    'a/b',
    'a\\b',
    '../x',
    'a b',
    'a\n',
    'a\0',
    'a%2fb',
    'ä',
    '\u{1f600}',
    'x'.repeat(256),
  ])('cannot be %j', (name) => {
    const error = thrownBy(() => {
      checkStreamName(name)
    })
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({
      code: 'INVALID_STREAM_NAME',
      details: { nameLength: name.length, nameLengthMax: 255 },
    })
  })

  it('is shown in the message in at most 60 characters, and escaped', () => {
    const shown = (name: string) => {
      const { message } = thrownBy(() => checkStreamName(name)) as Error
      return /^stream name (".*") is not 1 to 255 letters/s.exec(message)?.[1]
    }
    expect(shown(`/${'y'.repeat(59)}`)).toBe(`"/${'y'.repeat(59)}"`)
    expect(shown(`/${'y'.repeat(60)}`)).toBe(`"/${'y'.repeat(58)}…"`)
    expect(shown('a\n"b')).toBe(String.raw`"a\n\"b"`)
  })

  it.each([undefined, null, 5, {}, ['a']])('cannot be %j, which is no text', (name) => {
    expect(() => {
      checkStreamName(name as never)
    }).toThrow(expect.objectContaining({ code: 'INVALID_STREAM_NAME' }))
  })
})
