import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

import { CONTROL_BODY_BYTES_MAX, encodeControlFrame, FrameType } from '../../../src/index.js'
import { decodeControl, encodeControl } from '../../../src/messagepack/control-codec.js'
import { errorOf } from '../../support/errors.js'
import { parseHex } from '../../support/hex.js'
import { plainMsgpackr } from '../../support/plain-msgpackr.js'

const MIB = 1024 * 1024

describe('control messages', () => {
  it('are standard MessagePack, as small as it can be', () => {
    expect(encodeControl({ a: 1, b: [true, null, 'x'], c: -1 }, 0)).toEqual(
      parseHex('83 a1 61 01 a1 62 93 c3 c0 a1 78 a1 63 ff'),
    )
  })

  it('leave out what is undefined, at every depth', () => {
    const message = { a: undefined, b: { c: undefined, d: 1 }, e: [{ f: undefined }] }
    expect(decodeControl(encodeControl(message, 0), 'TEST')).toEqual({ b: { d: 1 }, e: [{}] })
  })

  it('are each bytes of their own, with room for the prefix in front', () => {
    const first = encodeControl({ a: 1 }, 8)
    const before = first.slice()
    encodeControl({ b: 'another message' }, 8)
    expect(first).toEqual(before)
    expect(first.buffer.byteLength).toBe(first.byteLength)
    expect([...first.subarray(0, 8)]).toEqual(Array(8).fill(0))
    expect(Object.getPrototypeOf(first)).toBe(Uint8Array.prototype)
  })

  it.each([
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a bigint', 1n],
  ])('cannot hold %s', (_, value) => {
    expect(() => encodeControl({ value }, 0)).toThrow(TypeError)
  })

  it('take integers of any width, written by anyone', () => {
    const body = parseHex(`
      86 a1 61 cf 00 1f ff ff ff ff ff ff   # uint 64
         a1 62 d3 00 00 00 00 00 00 00 07   # int 64
         a1 63 d3 ff ff ff ff ff ff ff ff
         a1 64 cb 42 00 00 00 00 00 00 00   # float 64
         a1 65 ca 3f 80 00 00               # float 32
         a1 66 cd 00 05`)
    expect(decodeControl(body, 'TEST')).toEqual({
      a: Number.MAX_SAFE_INTEGER,
      b: 7,
      c: -1,
      d: 2 ** 33,
      e: 1,
      f: 5,
    })
  })

  it('hand out binary as a view of the body', () => {
    const body = parseHex('81 a1 61 c4 03 01 02 03')
    const { a } = decodeControl(body, 'TEST')
    body[7] = 9
    expect(a).toEqual(Uint8Array.of(1, 2, 9))
  })

  it('leave the bytes they were decoded from as they were', () => {
    const body = parseHex('81 a1 61 01')
    decodeControl(body, 'TEST')
    expect(Object.getOwnPropertyNames(body).filter((name) => !/^\d+$/.test(name))).toEqual([])
  })

  it('are refused above the limit without being looked at', () => {
    const error = errorOf(() => decodeControl(new Uint8Array(CONTROL_BODY_BYTES_MAX + 1), 'TEST'))
    expect(error.message).toBe('body is 1048577 bytes, must be at most 1048576 (TEST)')
  })
})

describe('hostile control messages', () => {
  it('do not reach a prototype', () => {
    const key = (name: string) => [0xa0 | name.length, ...Buffer.from(name)]
    const body = Uint8Array.of(
      ...[0x83, ...key('__proto__'), 0x81, ...key('polluted'), 0xc3],
      ...[...key('constructor'), 0x81, ...key('prototype'), 0x81, ...key('polluted'), 0xc3],
      ...[...key('toString'), 0xc0],
    )
    const message = decodeControl(body, 'TEST')
    expect(Object.getPrototypeOf(message)).toBe(Object.prototype)
    expect('polluted' in {}).toBe(false)
    expect((message as { polluted?: unknown }).polluted).toBeUndefined()
    expect({}.constructor).toBe(Object)
  })

  it('do not become dates, errors, sets, expressions or records, which msgpackr alone makes', () => {
    const cases = [
      { hex: '81 a1 61 d6 ff 00 00 00 00', made: Date },
      { hex: '81 a1 61 d4 65 00 93 a5 45 72 72 6f 72 a1 6d c0', made: Error },
      { hex: '81 a1 61 d4 73 00 91 01', made: Set },
      { hex: '81 a1 61 d4 78 00 92 a1 78 a1 67', made: RegExp },
    ]
    for (const { hex, made } of cases) {
      const alone = plainMsgpackr.unpack(parseHex(hex)) as { a: unknown }
      expect(alone.a).toBeInstanceOf(made)
      expect(errorOf(() => decodeControl(parseHex(hex), 'TEST')).code).toBe('MALFORMED_FRAME')
    }
    const record = parseHex('81 a1 61 d4 72 40 91 a1 62 07')
    expect(plainMsgpackr.unpack(record)).toEqual({ a: { b: 7 } })
    expect(errorOf(() => decodeControl(record, 'TEST')).code).toBe('MALFORMED_FRAME')
  })

  it.each([
    ['an array of 2^32 - 1', 'dd ff ff ff ff'],
    ['a map of 2^32 - 1', 'df ff ff ff ff'],
    ['binary of 2^32 - 1', 'c6 ff ff ff ff'],
    ['an extension of 2^32 - 1', 'c9 ff ff ff ff 74'],
    ['a string of 2^32 - 1', 'db ff ff ff ff'],
  ])('do not allocate for %s', (_, hex) => {
    const body = parseHex(`81 a1 61 ${hex} c0`)
    const before = process.memoryUsage()
    for (let i = 0; i < 100; i += 1) errorOf(() => decodeControl(body, 'TEST'))
    const after = process.memoryUsage()
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(MIB)
    expect(after.heapUsed - before.heapUsed).toBeLessThan(16 * MIB)
  })

  it('cannot make a body of the largest size expensive', () => {
    const fill = (byte: number) => new Uint8Array(CONTROL_BODY_BYTES_MAX).fill(byte)
    const arrays = fill(0x90)
    arrays.set([0xdd, 0x00, 0x0f, 0xff, 0xfb])
    const bodies = [arrays, fill(0x91), fill(0x81), fill(0xc0), fill(0xdd), fill(0xdf), fill(0xbf)]
    const started = performance.now()
    for (const body of bodies) errorOf(() => decodeControl(body, 'TEST'))
    expect(performance.now() - started).toBeLessThan(2000)
  })

  it('are still refused after one that was cut off inside a key', () => {
    const whole = encodeControl({ streamName: 'orders' }, 0)
    for (let length = 0; length < whole.byteLength; length += 1) {
      errorOf(() => decodeControl(whole.subarray(0, length), 'TEST'))
      expect(decodeControl(whole, 'TEST')).toEqual({ streamName: 'orders' })
    }
  })
})

describe('under a Content Security Policy without unsafe-eval', () => {
  it('encodes and decodes where compiling code from strings is forbidden', () => {
    const entry = fileURLToPath(new URL('../../../dist/index.js', import.meta.url))
    const script = `
      let compiled = 'allowed'
      try { new Function('return 1')() } catch (error) { compiled = error.name }
      const { encodeControlFrame, decodeFrame, decodeDescribeRequest, FrameType } = await import(${JSON.stringify(entry)})
      let stream
      for (let i = 0; i < 100; i += 1) {
        const frame = decodeFrame(encodeControlFrame(FrameType.DESCRIBE, {}, { stream: 'orders' }))
        stream = decodeDescribeRequest(frame.body).stream
      }
      process.stdout.write(compiled + ' ' + stream)
    `
    const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', script]
    expect(execFileSync(process.execPath, flags, { encoding: 'utf8' })).toBe('EvalError orders')
  })

  it('has nothing but standard MessagePack in a frame', () => {
    const frame = encodeControlFrame(FrameType.DESCRIBE, {}, { stream: 'orders' })
    expect(frame.subarray(8)).toEqual(parseHex('81 a6 73 74 72 65 61 6d a6 6f 72 64 65 72 73'))
  })
})
