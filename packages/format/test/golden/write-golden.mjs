// Writes the golden files of format version 1: v1/<name>.bin and v1/<name>.expected.json.
//
// They were written once, when version 1 was made, and are frozen: whatever a later release writes,
// it must still read these bytes and find what the .expected.json says. So this script refuses to
// touch a file that exists; to add a case, add it below and run
//
//   node packages/format/test/golden/write-golden.mjs
//
// What is expected is written down here from the inputs and not read back with the decoder; the two
// checksums come from zlib.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import {
  BatchBuilder,
  IndexEntries,
  commitBatch,
  encodeIndex,
  encodeSegmentHeader,
  readHeaderWord,
  stampBatch,
  writeRecoveryPoint,
} from '@tailrace/format'

const DIRECTORY = path.join(path.dirname(fileURLToPath(import.meta.url)), 'v1')
const CREATE_TIME_US = 1_795_168_800_000_000
const APPEND_TIME_US = CREATE_TIME_US + 250

const text = (value) => new TextEncoder().encode(value)
const hex = (bytes) => (bytes === undefined ? null : Buffer.from(bytes).toString('hex'))
const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

// --- batches ---

function produce(records, producer) {
  const builder = new BatchBuilder()
  for (const { value, ...rest } of records) builder.append(value, rest)
  return builder.build({ createTimeUs: CREATE_TIME_US, ...producer })
}

function store(produced, log) {
  const bytes = new Uint8Array(produced.length)
  const stamp = { headerWord: readHeaderWord(produced), batchLength: produced.length, ...log }
  bytes.set(produced.subarray(8), 8)
  stampBatch(viewOf(bytes), 0, stamp)
  commitBatch(viewOf(bytes), 0, stamp)
  return bytes
}

function recheck(bytes) {
  const view = viewOf(bytes)
  view.setUint32(32, crc32(bytes.subarray(36)), true)
  view.setUint32(28, crc32(bytes.subarray(32, 72), crc32(bytes.subarray(0, 28))), true)
  return bytes
}

function batchExpectation(bytes, { records, producer, log, attributes, ...rest }) {
  return {
    kind: 'batch',
    attributes,
    batchLength: bytes.length,
    baseOffset: log?.baseOffset ?? 0,
    appendTimeUs: log?.appendTimeUs ?? 0,
    epoch: log?.epoch ?? 0,
    headerCheck: log ? crc32(bytes.subarray(32, 72), crc32(bytes.subarray(0, 28))) : 0,
    bodyCheck: crc32(bytes.subarray(36)),
    createTimeUs: CREATE_TIME_US,
    producerId: producer?.producerId ?? 0,
    producerEpoch: producer?.producerEpoch ?? 0,
    baseSequence: producer?.baseSequence ?? 0,
    lastOffset: (log?.baseOffset ?? 0) + records.length - 1,
    records: records.map(({ value, key, headers, timeUs }, i) => ({
      offset: (log?.baseOffset ?? 0) + i,
      timeUs: timeUs ?? CREATE_TIME_US,
      value: hex(value),
      key: hex(key),
      headers: hex(headers),
    })),
    ...rest,
  }
}

const RECORDS = [
  { value: text('first'), key: text('k-1'), timeUs: CREATE_TIME_US - 1_000_000 },
  { value: text('') },
  { value: text('third, with headers'), headers: Uint8Array.of(0x81, 0xa1, 0x61, 0x01) },
  { value: Uint8Array.from({ length: 256 }, (_, i) => i), key: text('k-4') },
]
const PRODUCER = { producerId: 2 ** 50 + 3, producerEpoch: 513, baseSequence: 4_294_967_294 }
const LOG = { baseOffset: 2 ** 40 + 7, appendTimeUs: APPEND_TIME_US, epoch: 3 }

function producedBatch() {
  const records = [{ value: text('hello') }]
  const bytes = produce(records)
  return { bytes, expected: batchExpectation(bytes, { records, attributes: 0 }) }
}

function storedBatch() {
  const bytes = store(produce(RECORDS, PRODUCER), LOG)
  const expectation = { records: RECORDS, producer: PRODUCER, log: LOG, attributes: 0b11_1000 }
  return { bytes, expected: batchExpectation(bytes, expectation) }
}

/**
 * What no builder of version 1 writes and every reader of version 1 reads: an extension block of 16
 * bytes, a column of offsets (records 1 and 4 to 9 were removed), a control batch. Put together by hand.
 */
function extendedBatch() {
  const records = [text('a'), text('bc'), text('')].map((value) => ({ value }))
  const bytes = new Uint8Array(72 + 16 + 12 + 12 + 3 + 5)
  const view = viewOf(bytes)
  bytes.set(store(produce(records), LOG).subarray(0, 72))
  view.setUint8(3, 11)
  view.setUint32(4, bytes.length, true)
  view.setUint16(36, 0b1100_0000, true)
  view.setUint32(44, 9, true)
  bytes.fill(0xee, 72, 88)
  for (const [i, end] of [1, 3, 3].entries()) view.setUint32(88 + i * 4, end, true)
  for (const [i, delta] of [0, 2, 3].entries()) view.setUint32(100 + i * 4, delta, true)
  bytes.set(text('abc'), 112)
  recheck(bytes)
  const expected = batchExpectation(bytes, { records, log: LOG, attributes: 0b1100_0000 })
  expected.lastOffset = LOG.baseOffset + 9
  for (const [i, delta] of [0, 2, 3].entries()) {
    expected.records[i].offset = LOG.baseOffset + delta
  }
  return { bytes, expected: { ...expected, isExtended: true } }
}

// --- segments and indexes ---

const HEADER = {
  streamId: '00112233445566778899aabbccddeeff',
  epoch: 3,
  baseOffset: LOG.baseOffset,
  createdUs: CREATE_TIME_US - 5,
}
const POINTS = [
  {
    durableOffset: LOG.baseOffset,
    durablePosition: 0,
    generation: 1,
    appendTimeUs: 0,
    epoch: 3,
  },
  {
    durableOffset: LOG.baseOffset + 4,
    durablePosition: 128 + storedBatch().bytes.length,
    generation: 2,
    appendTimeUs: APPEND_TIME_US,
    epoch: 3,
  },
]

function segment() {
  const first = storedBatch()
  const records = [{ value: text('of another producer') }]
  const log = { ...LOG, baseOffset: LOG.baseOffset + 4, appendTimeUs: APPEND_TIME_US + 1 }
  const secondBytes = store(produce(records), log)
  const second = batchExpectation(secondBytes, { records, log, attributes: 0 })
  const dataEndPosition = 128 + first.bytes.length + secondBytes.length
  const bytes = new Uint8Array(dataEndPosition + 8)
  bytes.set(encodeSegmentHeader(HEADER))
  writeRecoveryPoint(bytes, 1, POINTS[0])
  writeRecoveryPoint(bytes, 0, POINTS[1])
  bytes.set(first.bytes, 128)
  bytes.set(secondBytes, 128 + first.bytes.length)
  return {
    bytes,
    expected: {
      kind: 'segment',
      header: HEADER,
      recoveryPoints: [POINTS[1], POINTS[0]],
      recoveryPoint: POINTS[1],
      batches: [
        { position: 128, ...first.expected },
        { position: 128 + first.bytes.length, ...second },
      ],
      dataEndPosition,
    },
  }
}

function index() {
  const summary = {
    baseOffset: LOG.baseOffset,
    endOffset: LOG.baseOffset + 5000,
    dataEndPosition: 1_000_000,
    batchCount: 70,
    recordCount: 4990,
    firstAppendTimeUs: APPEND_TIME_US,
    lastAppendTimeUs: APPEND_TIME_US + 99_000,
  }
  const list = [
    { relativeOffset: 0, position: 128, appendTimeUs: APPEND_TIME_US },
    { relativeOffset: 70, position: 14_336, appendTimeUs: APPEND_TIME_US },
    { relativeOffset: 4928, position: 985_600, appendTimeUs: APPEND_TIME_US + 98_000 },
  ]
  const entries = new IndexEntries()
  for (const entry of list) entries.append(entry)
  return {
    bytes: encodeIndex({ ...summary, entries }),
    expected: { kind: 'index', summary, entries: list },
  }
}

// --- writing ---

const CASES = {
  'batch-produced': producedBatch,
  'batch-stored': storedBatch,
  'batch-extended': extendedBatch,
  segment,
  index,
}

mkdirSync(DIRECTORY, { recursive: true })
for (const [name, make] of Object.entries(CASES)) {
  const bin = path.join(DIRECTORY, `${name}.bin`)
  if (existsSync(bin)) {
    console.log(`${name}: frozen, left as it is`)
    continue
  }
  const { bytes, expected } = make()
  writeFileSync(bin, bytes)
  writeFileSync(
    path.join(DIRECTORY, `${name}.expected.json`),
    `${JSON.stringify(expected, null, 2)}\n`,
  )
  console.log(`${name}: written, ${bytes.length} bytes`)
}
