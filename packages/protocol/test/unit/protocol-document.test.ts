/**
 * docs/protocol.md says what this package does: its tables, limits and example are compared with the
 * constants and the decoders, so that neither changes without the other.
 */

import {
  BATCH_HEADER_BYTES,
  BatchView,
  ERROR_REGISTRY,
  inspectBatch,
  inspectProducedBatch,
  type ErrorCode,
} from '@tailrace/format'
import { describe, expect, it } from 'vitest'

import * as protocol from '../../src/index.js'
import {
  ACK_ENTRY_BYTES,
  CloseCode,
  closeCodeOf,
  COMMAND_TABLE,
  commandOf,
  decodeFrame,
  encodeAckFrame,
  encodeCaughtUpFrame,
  encodeCreditFrame,
  encodeFrame,
  FRAME_PREFIX_BYTES,
  frameName,
  FrameType,
  LIMITS,
  OFFSET_BODY_BYTES,
  type ControlMessages,
  type FrameName,
} from '../../src/index.js'
import { readU16, readU32, readU64 } from '../../src/bytes.js'
import { encodeControl } from '../../src/messagepack/control-codec.js'
import { ORDERS } from '../support/arbitraries.js'
import { DECODERS } from '../support/decoders.js'
import { errorOf } from '../support/errors.js'
import { parseHex } from '../support/hex.js'
import { MarkdownDocument, type TableRow } from '../support/markdown.js'

const specification = new MarkdownDocument(new URL('../../../../docs/protocol.md', import.meta.url))

type Complete<T extends keyof ControlMessages> = Required<ControlMessages[T]>

const info = { ...ORDERS, lastAppendUs: 5 }
const streamInfo = {
  ...info,
  config: { ...info.config, retentionBytes: 1, retentionMs: 1, retentionRecords: 1 },
}

const subscribe: Complete<typeof FrameType.SUBSCRIBE> = {
  stream: 'orders',
  from: { first: true },
  onOutOfRange: 'clamp',
  epoch: 3,
  stop: { offset: 5 },
  creditBytes: 4096,
}

/** For each table of fields, messages that together have every field. */
const COMPLETE: Readonly<Record<string, readonly [FrameName, ...object[]]>> = {
  HELLO: ['HELLO', { protocols: [1], client: 'a' } satisfies Complete<typeof FrameType.HELLO>],
  WELCOME: [
    'WELCOME',
    {
      protocol: 1,
      server: 'a',
      serverId: 'b',
      limits: LIMITS,
      features: ['c'],
    } satisfies Complete<typeof FrameType.WELCOME>,
  ],
  StreamInfo: ['DESCRIBED', streamInfo satisfies Complete<typeof FrameType.DESCRIBED>],
  ENSURE: [
    'ENSURE',
    {
      stream: 'a',
      config: streamInfo.config satisfies Required<Complete<typeof FrameType.ENSURE>['config']>,
    } satisfies Complete<typeof FrameType.ENSURE>,
  ],
  ENSURED: [
    'ENSURED',
    { created: true, info: streamInfo } satisfies Complete<typeof FrameType.ENSURED>,
  ],
  DESCRIBE: ['DESCRIBE', { stream: 'a' } satisfies Complete<typeof FrameType.DESCRIBE>],
  LIST: ['LIST', { after: 'a', limit: 5 } satisfies Complete<typeof FrameType.LIST>],
  LISTED: [
    'LISTED',
    { streams: [streamInfo], more: true } satisfies Complete<typeof FrameType.LISTED>,
  ],
  DELETE: ['DELETE', { stream: 'a' } satisfies Complete<typeof FrameType.DELETE>],
  OPEN_PRODUCER: [
    'OPEN_PRODUCER',
    { stream: 'a', name: 'b', create: true },
    { stream: 'a', producerId: 7, create: true },
  ],
  PRODUCER_OPENED: [
    'PRODUCER_OPENED',
    {
      channel: 1,
      producerId: 1,
      producerEpoch: 0,
      lastSequence: -1,
      endOffset: 0,
      durability: 'fsync',
      epoch: 1,
    } satisfies Complete<typeof FrameType.PRODUCER_OPENED>,
  ],
  SUBSCRIBE: [
    'SUBSCRIBE',
    subscribe,
    ...[{ last: 1 }, { next: true }, { offset: 1 }, { timestampUs: 1 }].map((from) => ({
      ...subscribe,
      from,
    })),
    ...[{ atEnd: true }, { timestampUs: 1 }, { count: 1 }].map((stop) => ({ ...subscribe, stop })),
  ],
  SUBSCRIBED: [
    'SUBSCRIBED',
    {
      channel: 1,
      startOffset: 0,
      stopOffset: 1,
      epoch: 1,
      firstOffset: 0,
      visibleOffset: 0,
    } satisfies Complete<typeof FrameType.SUBSCRIBED>,
  ],
  GAP: ['GAP', { from: 0, to: 1, reason: 'damage' } satisfies Complete<typeof FrameType.GAP>],
  END: ['END', { reason: 'stop', offset: 1 } satisfies Complete<typeof FrameType.END>],
  GOAWAY: [
    'GOAWAY',
    { afterMs: 1, jitterMs: 1, reason: 'a' } satisfies Complete<typeof FrameType.GOAWAY>,
  ],
  ERROR: ['ERROR', { code: 203, message: 'a', details: {} }],
}

/** Maps that are described elsewhere, or not at all. */
const CLOSED_FIELDS = new Set(['info', 'streams', 'details'])

describe('the frames', () => {
  it('have the prefix of section 3.1', () => {
    const frame = encodeFrame(FrameType.PUBLISH, {
      flags: 0x99,
      channel: 0x1234,
      argument: 0xabcdef01,
    })
    const values: Record<string, number> = {
      type: FrameType.PUBLISH,
      flags: 0x99,
      channel: 0x1234,
      argument: 0xabcdef01,
    }
    const rows = specification.table('3.1 Prefix')
    expect(rows.map((row) => row['field'])).toEqual([...Object.keys(values), 'body'])
    for (const row of rows.slice(0, -1)) {
      expect(readField(frame, row)).toBe(values[row['field'] ?? ''])
    }
    expect(Number(rows.at(-1)?.['at'])).toBe(FRAME_PREFIX_BYTES)
  })

  it('are those of the command table', () => {
    expect(specification.table('3.2 Commands')).toEqual(
      COMMAND_TABLE.map(({ type, name, direction, kind, body }) => ({
        type: `0x${type.toString(16).padStart(2, '0')}`,
        name,
        direction,
        kind,
        body,
      })),
    )
  })

  it('close the connection with the codes of section 2', () => {
    const rows = specification.table('2. Connection')
    expect(rows.map((row) => Number(row['close code']))).toEqual(Object.values(CloseCode))
    const listed = new Set<string>()
    for (const row of rows) {
      for (const code of row['after']?.match(/[A-Z]+(?:_[A-Z]+)+|THROTTLED/g) ?? []) {
        listed.add(code)
        expect(closeCodeOf(code as ErrorCode)).toBe(Number(row['close code']))
      }
    }
    const special = Object.keys(ERROR_REGISTRY).filter(
      (code) => closeCodeOf(code as ErrorCode) !== CloseCode.INTERNAL_ERROR,
    )
    expect([...listed].sort()).toEqual(special.sort())
  })

  it('keep the limits of section 12', () => {
    const constants: Record<string, unknown> = { ...LIMITS, ...protocol }
    const rows = specification.table('12. Limits')
    for (const { limit = '', value } of rows)
      expect(`${limit} ${String(constants[limit])}`).toBe(`${limit} ${String(value)}`)
    const named = rows.map((row) => row['limit'])
    expect(named).toEqual(expect.arrayContaining(Object.keys(LIMITS)))
    const exported = Object.keys(protocol).filter((name) => /_MAX$|_DEFAULT$|TIMEOUT/.test(name))
    const elsewhere = ['CHANNEL_MAX', 'ARGUMENT_MAX']
    expect(named).toEqual(
      expect.arrayContaining(exported.filter((name) => !elsewhere.includes(name))),
    )
  })
})

describe('the bodies with fields', () => {
  it('have entries in ACK as in section 8.3', () => {
    const entry = { channel: 258, throughOrdinal: 0x01020304, baseOffset: 2 ** 40 + 5 }
    const frame = encodeAckFrame([{ ...entry, isDuplicate: true, isDurable: true }])
    const values: Record<string, number> = { ...entry, flags: 0b11 }
    const rows = specification.table('8.3 ACK')
    expect(rows.map((row) => row['field']).sort()).toEqual(Object.keys(values).sort())
    const body = frame.subarray(FRAME_PREFIX_BYTES)
    for (const row of rows) expect(readField(body, row)).toBe(values[row['field'] ?? ''])
    expect(endOf(rows)).toBe(ACK_ENTRY_BYTES)
  })

  it.each([
    ['9.1 Delivery', encodeCaughtUpFrame],
    ['9.2 Credit', encodeCreditFrame],
  ])('hold one number as in section %s', (heading, encode) => {
    const rows = specification.table(heading)
    const body = encode(1, 2 ** 40 + 5).subarray(FRAME_PREFIX_BYTES)
    expect(rows).toHaveLength(1)
    for (const row of rows) expect(readField(body, row)).toBe(2 ** 40 + 5)
    expect(endOf(rows)).toBe(OFFSET_BODY_BYTES)
  })
})

describe.each(Object.entries(COMPLETE))('the table of %s', (heading, [name, ...messages]) => {
  const rows = specification.table(heading)
  const decode = DECODERS[name as keyof typeof DECODERS]
  const refusalOf = (message: unknown) =>
    errorOf(() => decode(encodeControl(message as object, 0))).message

  it('has every field and no other', () => {
    const fields = new Set(messages.flatMap((message) => flatten(message)))
    expect(rows.map((row) => row['field']).sort()).toEqual([...fields].sort())
  })

  it.each(rows.map((row) => [row['field'] ?? '', row] as const))(
    'is right about %s',
    (field, row) => {
      const message = messages.find((candidate) => flatten(candidate).includes(field)) ?? {}
      decode(encodeControl(message, 0))

      const path = field.replaceAll('[]', '[0]')
      const wrong = change(message, field, new Uint8Array(2))
      expect(refusalOf(wrong)).toBe(
        `field "${path}" is binary of 2 bytes, must be ${String(row['value'])} (${name})`,
      )

      if (field.endsWith('[]')) return
      const absent = change(message, field, undefined)
      switch (row['needed']) {
        case 'yes':
          expect(refusalOf(absent)).toContain(`field "${path}" is missing`)
          return
        case 'no':
          decode(encodeControl(absent, 0))
          return
        case 'one of':
          expect(refusalOf(absent)).toContain('has none of its choices')
          return
        default:
          throw new Error(`"${String(row['needed'])}" says nothing`)
      }
    },
  )
})

describe('the requirements', () => {
  const lines = specification.text.split('\n')
  const idOf = (line: string) => /^- \*\*(P-[A-Z]+-\d+)\*\* /.exec(line)?.[1]
  const ids = lines.map(idOf).filter((id) => id !== undefined)

  it('have an id each, and only they', () => {
    const isExplained = (line: string) => line.startsWith('The words MUST')
    const withoutId = lines.filter(
      (line) => /\bMUST\b/.test(line) && idOf(line) === undefined && !isExplained(line),
    )
    expect(withoutId).toEqual([])
    const withoutMust = lines.filter((line) => idOf(line) !== undefined && !/\bMUST\b/.test(line))
    expect(withoutMust).toEqual([])
  })

  it('are numbered from 1 in each area, without a hole', () => {
    const counts = new Map<string, number>()
    for (const id of ids) {
      const [, area = '', number] = id.split('-')
      const expected = (counts.get(area) ?? 0) + 1
      expect(`${area} ${String(number)}`).toBe(`${area} ${String(expected)}`)
      counts.set(area, expected)
    }
    expect(ids.length).toBeGreaterThan(60)
  })

  it('name only errors that are registered', () => {
    const notErrors = new Set<string>([...Object.keys(FrameType), ...Object.keys(protocol), 'BCP'])
    const names = specification.text.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []
    const unknown = names.filter((name) => !notErrors.has(name) && !(name in ERROR_REGISTRY))
    expect([...new Set(unknown)]).toEqual([])
  })
})

describe('the example', () => {
  const frames = exampleFrames()

  it('is an exchange of frames that each side may send', () => {
    expect(frames.map(({ sender, name }) => `${sender} ${name}`)).toEqual([
      'client HELLO',
      'server WELCOME',
      'client OPEN_PRODUCER',
      'server PRODUCER_OPENED',
      'client PUBLISH',
      'server ACK',
      'client SUBSCRIBE',
      'server SUBSCRIBED',
      'server DELIVER',
      'server CAUGHT_UP',
      'client CREDIT',
      'client CLOSE_CHANNEL',
      'server CHANNEL_CLOSED',
      'client SUBSCRIBE',
      'server ERROR',
    ])
    for (const { sender, name, bytes } of frames) {
      const frame = decodeFrame(bytes, sender === 'client' ? 'server' : 'client')
      expect(frameName(frame.type)).toBe(name)
      if (name in DECODERS) DECODERS[name as keyof typeof DECODERS](frame.body)
    }
  })

  it('is annotated with what the bytes say', () => {
    for (const { note, bytes, values } of frames) {
      const { type, channel, argument, body } = decodeFrame(bytes)
      const kind = commandOf(type)?.kind
      if (channel !== 0) expect(note).toContain(`channel ${String(channel)}`)
      if (kind === 'request') expect(note).toContain(`, request ${String(argument)}`)
      if (kind === 'reply') expect(note).toContain(`, to request ${String(argument)}`)
      if (commandOf(type)?.body !== 'map') continue
      const name = frameName(type) as keyof typeof DECODERS
      const decoded = JSON.stringify(DECODERS[name](body))
      for (const [field, value] of values) {
        const shown = `"${field}":${value.replace(/…"$/, '')}`
        if (name !== 'ERROR') expect(decoded).toContain(shown)
      }
    }
  })

  it('answers every request with its id', () => {
    const requests = frames.filter(({ bytes }) => commandOf(bytes[0] ?? 0)?.kind === 'request')
    for (const request of requests) {
      const { type, argument } = decodeFrame(request.bytes)
      const answers = frames.filter(({ bytes }) => {
        const frame = decodeFrame(bytes)
        const answersIt =
          frame.type === protocol.replyTypeOf(type) || frame.type === FrameType.ERROR
        return answersIt && frame.argument === argument
      })
      expect(answers).toHaveLength(1)
    }
  })

  it('delivers the bytes that were published, with the log fields filled in', () => {
    const published = bodyOf('PUBLISH')
    const delivered = bodyOf('DELIVER')
    expect(inspectProducedBatch(published, 0, published.byteLength)).toBeUndefined()
    expect(inspectBatch(delivered, 0, delivered.byteLength, 'whole')).toBeUndefined()
    expect(delivered.subarray(0, 8)).toEqual(published.subarray(0, 8))
    expect(delivered.subarray(32)).toEqual(published.subarray(32))
    expect(published.subarray(8, 32)).toEqual(new Uint8Array(24))
    const view = new BatchView(delivered)
    expect(delivered.byteLength).toBeGreaterThan(BATCH_HEADER_BYTES)
    const text = new TextDecoder()
    expect([text.decode(view.value(0)), text.decode(view.value(1))]).toEqual(['first', 'second'])
    expect([view.offset(0), view.offset(1), view.nextOffset]).toEqual([0, 1, 2])
  })

  function bodyOf(name: string): Uint8Array {
    const found = frames.find((frame) => frame.name === name)
    return decodeFrame(found?.bytes ?? new Uint8Array(0)).body
  }
})

interface ExampleFrame {
  readonly sender: 'client' | 'server'
  readonly name: string
  readonly note: string
  readonly bytes: Uint8Array
  /** Annotations of the form `field: value`. */
  readonly values: readonly (readonly [string, string])[]
}

function exampleFrames(): ExampleFrame[] {
  const block = /```text\n([^`]+)```/.exec(specification.section('15. An exchange, byte by byte'))
  return (block?.[1] ?? '')
    .trim()
    .split('\n\n')
    .map((paragraph) => {
      const lines = paragraph.split('\n')
      const notes = lines.map((line) => line.slice(49).trim())
      const values = notes.flatMap((note) => {
        const match = /^(\w+): (["[\d-].*|true|false|null)$/.exec(note)
        return match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const]
      })
      const note = notes[0] ?? ''
      return {
        sender: paragraph.startsWith('>') ? 'client' : 'server',
        name: note.split(',')[0] ?? '',
        note,
        bytes: parseHex(lines.map((line) => line.slice(2, 49)).join('\n')),
        values: note.startsWith('PUBLISH') || note.startsWith('DELIVER') ? [] : values,
      }
    })
}

/** The paths of a message's fields: `a`, `a.b`, `a[]`. */
function flatten(message: object, prefix = ''): string[] {
  return Object.entries(message).flatMap(([key, value]) => {
    const path = `${prefix}${key}`
    if (CLOSED_FIELDS.has(path) || typeof value !== 'object' || value === null) return [path]
    return Array.isArray(value)
      ? [path, `${path}[]`]
      : [path, ...flatten(value as object, `${path}.`)]
  })
}

/** A copy of a message in which the field of this path has another value, or none. */
function change(message: object, path: string, value: unknown): object {
  const [key = '', ...rest] = path.replace('[]', '.0').split('.')
  if (rest.length === 0) return { ...message, [key]: value }
  const inner = (message as Record<string, object>)[key] ?? {}
  if (Array.isArray(inner)) return { ...message, [key]: [value] }
  return { ...message, [key]: change(inner, rest.join('.'), value) }
}

function readField(bytes: Uint8Array, row: TableRow): number {
  const at = Number(row['at'])
  const readers: Record<string, (bytes: Uint8Array, at: number) => number> = {
    1: (source, position) => source[position] ?? -1,
    2: readU16,
    4: readU32,
    8: readU64,
  }
  const read = readers[row['size'] ?? '']
  if (read === undefined) throw new Error(`no field has ${String(row['size'])} bytes`)
  return read(bytes, at)
}

function endOf(rows: readonly TableRow[]): number {
  const last = rows.at(-1)
  return Number(last?.['at']) + Number(last?.['size'])
}
