import { expect, test } from 'vitest'

import { RecordExtras } from '../../../src/codecs/headers.js'

const extras = new RecordExtras()

test('headers come back as they were', () => {
  const headers = { type: 'order', version: 3, ratio: 0.5, trace: new Uint8Array([1, 2]) }
  const { headers: bytes } = extras.encode({ headers })
  expect(extras.decodeHeaders(new Uint8Array(bytes ?? []))).toEqual(headers)
})

test('a key is text or bytes', () => {
  expect(extras.encode({ key: 'é' }).key).toEqual(new Uint8Array([0xc3, 0xa9]))
  const bytes = new Uint8Array([1])
  expect(extras.encode({ key: bytes }).key).toBe(bytes)
})

test('no headers are none', () => {
  expect(extras.encode({ headers: {} }).headers).toBeUndefined()
  expect(extras.encode({}).headers).toBeUndefined()
})

test('a header of another type is refused by name', () => {
  const headers = { flag: true } as never
  expect(() => extras.encode({ headers })).toThrow(
    new TypeError('header "flag" is of type boolean, must be a string, a number or a Uint8Array'),
  )
})

test('what is not a map does not decode', () => {
  expect(() => extras.decodeHeaders(new Uint8Array([0x91, 0x01]))).toThrow(TypeError)
  expect(() => extras.decodeHeaders(new Uint8Array([0xc0]))).toThrow(TypeError)
  expect(() => extras.decodeHeaders(new Uint8Array([0x81]))).toThrow()
})
