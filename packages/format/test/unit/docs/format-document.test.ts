/**
 * docs/format.md cannot go stale unseen: its tables are compared with the constants of the code, its
 * hex dump is decoded, and every code it names exists.
 */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import * as batch from '../../../src/batch/batch-descriptor.js'
import { BatchView, ERROR_REGISTRY, STREAM_NAME_PATTERN, inspectBatch } from '../../../src/index.js'
import * as index from '../../../src/index/index-descriptor.js'
import * as segment from '../../../src/segment/segment-descriptor.js'
import { readBack, stamp, produce, text } from '../../support/batches.js'

const DOCUMENT = readFileSync(
  path.join(import.meta.dirname, '../../../../../docs/format.md'),
  'utf8',
)

type Row = Readonly<Record<string, string>>
type Field = readonly [field: string, at: number]

/** The rows of the first table behind a heading, by column. */
function table(heading: string): Row[] {
  const section = DOCUMENT.split(/^#{2,3} /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
  const lines = section.split('\n')
  const first = lines.findIndex((line) => line.startsWith('|'))
  const [head = [], , ...rows] = lines
    .slice(
      first,
      lines.findIndex((line, i) => i > first && !line.startsWith('|')),
    )
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  return rows.map((cells) => Object.fromEntries(head.map((name, i) => [name, cells[i] ?? ''])))
}

/** A layout as the document must show it: each field up to the next, the last up to the end. */
function layout(fields: readonly Field[], end: number): Row[] {
  return fields.map(([field, at], i) => ({
    at: String(at),
    size: String((fields[i + 1]?.[1] ?? end) - at),
    field,
  }))
}

const BATCH_FIELDS: readonly Field[] = [
  ['magic', batch.MAGIC_AT],
  ['formatVersion', batch.FORMAT_VERSION_AT],
  ['headerWords', batch.HEADER_WORDS_AT],
  ['batchLength', batch.BATCH_LENGTH_AT],
  ['baseOffset', batch.BASE_OFFSET_AT],
  ['appendTimeUs', batch.APPEND_TIME_AT],
  ['epoch', batch.EPOCH_AT],
  ['headerCheck', batch.HEADER_CHECK_AT],
  ['bodyCheck', batch.BODY_CHECK_AT],
  ['attributes', batch.ATTRIBUTES_AT],
  ['reserved', batch.RESERVED_1_AT],
  ['recordCount', batch.RECORD_COUNT_AT],
  ['lastOffsetDelta', batch.LAST_OFFSET_DELTA_AT],
  ['createTimeUs', batch.CREATE_TIME_AT],
  ['producerId', batch.PRODUCER_ID_AT],
  ['baseSequence', batch.BASE_SEQUENCE_AT],
  ['producerEpoch', batch.PRODUCER_EPOCH_AT],
  ['reserved', batch.RESERVED_2_AT],
]

describe('the tables of docs/format.md', () => {
  it.each<[string, readonly Field[], number]>([
    ['Batch header', BATCH_FIELDS, batch.BATCH_HEADER_BYTES],
    [
      'Segment header',
      [
        ['magic', segment.SEGMENT_MAGIC_AT],
        ['formatVersion', segment.SEGMENT_VERSION_AT],
        ['reserved', segment.SEGMENT_RESERVED_1_AT],
        ['epoch', segment.SEGMENT_EPOCH_AT],
        ['baseOffset', segment.SEGMENT_BASE_OFFSET_AT],
        ['createdUs', segment.SEGMENT_CREATED_AT],
        ['streamId', segment.SEGMENT_STREAM_ID_AT],
        ['reserved', segment.SEGMENT_RESERVED_2_AT],
        ['check', segment.SEGMENT_CHECK_AT],
      ],
      segment.RECOVERY_POINTS_AT,
    ],
    [
      'Recovery points',
      [
        ['durableOffset', segment.POINT_DURABLE_OFFSET_AT],
        ['durablePosition', segment.POINT_DURABLE_POSITION_AT],
        ['generation', segment.POINT_GENERATION_AT],
        ['appendTimeUs', segment.POINT_APPEND_TIME_AT],
        ['epoch', segment.POINT_EPOCH_AT],
        ['check', segment.POINT_CHECK_AT],
      ],
      segment.RECOVERY_POINT_BYTES,
    ],
    [
      'Index header',
      [
        ['magic', index.INDEX_MAGIC_AT],
        ['baseOffset', index.INDEX_BASE_OFFSET_AT],
        ['endOffset', index.INDEX_END_OFFSET_AT],
        ['dataEndPosition', index.INDEX_DATA_END_AT],
        ['batchCount', index.INDEX_BATCH_COUNT_AT],
        ['recordCount', index.INDEX_RECORD_COUNT_AT],
        ['entryCount', index.INDEX_ENTRY_COUNT_AT],
        ['firstAppendTimeUs', index.INDEX_FIRST_APPEND_TIME_AT],
        ['lastAppendTimeUs', index.INDEX_LAST_APPEND_TIME_AT],
        ['entriesCheck', index.INDEX_ENTRIES_CHECK_AT],
        ['check', index.INDEX_CHECK_AT],
      ],
      index.INDEX_HEADER_BYTES,
    ],
    [
      'Index entry',
      [
        ['relativeOffset', index.ENTRY_RELATIVE_OFFSET_AT],
        ['position', index.ENTRY_POSITION_AT],
        ['appendTimeUs', index.ENTRY_APPEND_TIME_AT],
      ],
      index.INDEX_ENTRY_BYTES,
    ],
  ])('give %s as the code has it', (heading, fields, end) => {
    const rows = table(heading)
    expect(rows.map(({ at, size, field }) => ({ at, size, field }))).toEqual(layout(fields, end))
    for (const { size, type = '' } of rows) {
      if (type !== 'bytes') expect(type).toBe(`u${Number(size) * 8}`)
    }
  })

  it('give every attribute the bit it has', () => {
    const rows = table('Attributes')
    const bits = Object.fromEntries(rows.map((row) => [row['name'] ?? '', row['bit'] ?? '']))
    const single = { times: 3, keys: 4, headers: 5, offsets: 6, control: 7 }
    expect(bits).toEqual({
      codec: '0–2',
      ...Object.fromEntries(Object.entries(single).map(([name, bit]) => [name, String(bit)])),
      reserved: '8–15',
    })
    expect(batch.ATTRIBUTE_CODEC_MASK).toBe(0b111)
    expect({
      times: batch.ATTRIBUTE_TIMES,
      keys: batch.ATTRIBUTE_KEYS,
      headers: batch.ATTRIBUTE_HEADERS,
      offsets: batch.ATTRIBUTE_OFFSETS,
      control: batch.ATTRIBUTE_CONTROL,
    }).toEqual(Object.fromEntries(Object.entries(single).map(([name, bit]) => [name, 1 << bit])))
    expect(batch.ATTRIBUTES_KNOWN).toBe(0xff)
  })

  it('give the columns in the order of their bits', () => {
    expect(table('Body').map((row) => [row['column'], row['present with']])).toEqual([
      ['valueEnd', 'always'],
      ['timeDelta', 'bit 3'],
      ['keyEnd', 'bit 4'],
      ['headersEnd', 'bit 5'],
      ['offsetDelta', 'bit 6'],
    ])
  })
})

describe('the text of docs/format.md', () => {
  it.each([
    ['the longest batch', batch.BATCH_LENGTH_MAX.toLocaleString('en-US')],
    ['the shortest batch', `from ${batch.BATCH_LENGTH_MIN} to`],
    ['the batch magic', `0x${batch.BATCH_MAGIC.toString(16)}`],
    ['the segment magic', `\`${String.fromCharCode(...segment.SEGMENT_MAGIC)}\``],
    ['the index magic', `\`${String.fromCharCode(...index.INDEX_MAGIC)}\``],
    ['the segment header', `a header of ${segment.SEGMENT_HEADER_BYTES} bytes`],
    [
      'the slots',
      `Two slots of ${segment.RECOVERY_POINT_BYTES} bytes, at ${segment.RECOVERY_POINTS_AT}`,
    ],
    ['the end marker', `at least ${segment.END_MARKER_BYTES} zero bytes`],
    ['the rule of stream names', `\`${STREAM_NAME_PATTERN.source}\``],
  ])('names %s as the code has it', (_, expected) => {
    expect(DOCUMENT.replaceAll(/\s+/g, ' ')).toContain(expected)
  })

  it('names only errors that exist', () => {
    const codes = [...DOCUMENT.matchAll(/`([A-Z]+_?[A-Z_]+)`/g)].map(([, code]) => String(code))
    const names = codes.filter((code) => code !== 'TR' && !code.startsWith('TRSEG'))
    expect(names.length).toBeGreaterThan(4)
    for (const code of names) expect(Object.keys(ERROR_REGISTRY)).toContain(code)
  })

  it('links only to headings that exist', () => {
    const anchors = [...DOCUMENT.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      String(title)
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    )
    for (const [, anchor] of DOCUMENT.matchAll(/\]\(#([^)]+)\)/g)) {
      expect(anchors).toContain(anchor)
    }
  })
})

describe('the hex dump of docs/format.md', () => {
  const dump = /```hexdump\n.*\n([^]*?)```/.exec(DOCUMENT)?.[1] ?? ''
  const lines = dump
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, at, hexBytes = '', name = '', shown] =
        /^ *(\d+) {2}((?:[0-9a-f]{2} )*[0-9a-f]{2}) {2,}(\S+)(?: = (.+))?$/.exec(line) ?? []
      const bytes = hexBytes.split(' ').map((byte) => Number.parseInt(byte, 16))
      return { at: Number(at), bytes, name, shown }
    })
  const bytes = Uint8Array.from(lines.flatMap((line) => line.bytes))
  const view = new BatchView(bytes)

  it('has no gap, and the fields where the table has them', () => {
    let at = 0
    for (const line of lines) {
      expect(line.at).toBe(at)
      at += line.bytes.length
    }
    const header = lines.filter((line) => line.at < batch.BATCH_HEADER_BYTES)
    expect(header.map(({ name, at: place }) => [name, place])).toEqual(BATCH_FIELDS)
  })

  it('is a valid batch', () => {
    expect(inspectBatch(bytes, 0, bytes.length, 'whole')).toBeUndefined()
  })

  it.each(lines.filter(({ shown }) => shown !== undefined))('shows $name = $shown', (line) => {
    const { name, shown = '' } = line
    if (shown.startsWith('"')) {
      const [, part, i] = /^(value|key)\((\d)\)$/.exec(name) ?? []
      const found = part === 'key' ? view.key(Number(i)) : view.value(Number(i))
      expect(found).toEqual(text(shown.slice(1, -1)))
      expect(Array.from(found ?? [])).toEqual(line.bytes)
      return
    }
    const value = line.bytes.reduceRight((sum, byte) => sum * 256 + byte, 0)
    expect(Number(shown)).toBe(value)
    if (name in view) expect(view[name as keyof BatchView]).toBe(value)
  })

  it('is what builder and stamp make of its records', () => {
    const { createTimeUs, producerId, producerEpoch, baseSequence } = view
    const { baseOffset, appendTimeUs, epoch } = view
    const produced = produce(
      readBack(view).map(({ value, key }) => ({ value, key })),
      { createTimeUs, producerId, producerEpoch, baseSequence },
    )
    expect(stamp(produced, { baseOffset, appendTimeUs, epoch })).toEqual(bytes)
  })
})
