/**
 * Walks over a MessagePack value before anything is built from it.
 *
 * Why, when msgpackr decodes it anyway: msgpackr has no limit on depth (its recursion ends in a stack
 * overflow), gives extensions behaviour (dates, errors, sets, regular expressions, its own records),
 * turns any value into a key, and keeps a cache of keys that a cut-off message could leave half
 * written. What passes this walk is plain: nil, booleans, numbers, strings, binary, arrays, and maps
 * whose keys are strings, wholly inside the body. A header that claims more than the body holds
 * is refused at the header, before a single element of it is looked at.
 *
 * Iterative, O(values), allocates two small typed arrays. Does not check that strings are valid
 * UTF-8: msgpackr replaces what is not.
 */

import { CONTROL_DEPTH_MAX, CONTROL_VALUES_MAX } from '../limits.js'
import { malformed } from '../malformed.js'

/** How a value's header byte is to be read. */
const KIND_SCALAR = 0
const KIND_STRING = 1
const KIND_BINARY = 2
const KIND_ARRAY = 3
const KIND_MAP = 4
const KIND_REFUSED = 5

/** For each first byte: kind, bytes of the length field or scalar, count held in the byte itself. */
const KINDS = new Uint8Array(256)
const WIDTHS = new Uint8Array(256)
const COUNTS = new Uint8Array(256)

fill(0x80, 0x8f, { kind: KIND_MAP, mask: 0x0f })
fill(0x90, 0x9f, { kind: KIND_ARRAY, mask: 0x0f })
fill(0xa0, 0xbf, { kind: KIND_STRING, mask: 0x1f })
fill(0xc1, 0xc1, { kind: KIND_REFUSED })
fill(0xc4, 0xc6, { kind: KIND_BINARY, widths: [1, 2, 4] })
fill(0xc7, 0xc9, { kind: KIND_REFUSED })
fill(0xca, 0xcb, { kind: KIND_SCALAR, widths: [4, 8] })
fill(0xcc, 0xcf, { kind: KIND_SCALAR, widths: [1, 2, 4, 8] })
fill(0xd0, 0xd3, { kind: KIND_SCALAR, widths: [1, 2, 4, 8] })
fill(0xd4, 0xd8, { kind: KIND_REFUSED })
fill(0xd9, 0xdb, { kind: KIND_STRING, widths: [1, 2, 4] })
fill(0xdc, 0xdd, { kind: KIND_ARRAY, widths: [2, 4] })
fill(0xde, 0xdf, { kind: KIND_MAP, widths: [2, 4] })

/**
 * Checks that `body` is exactly one plain MessagePack value within the limits of a control message.
 *
 * `command` names the frame in messages.
 *
 * @throws {ProtocolError} MALFORMED_FRAME when cut off, followed by further bytes, too deep, too
 *   many values, of an extension type, or with a key that is not a string.
 */
export function checkMessagePack(body: Uint8Array, command: string): void {
  const walk = new Walk(body, command)
  while (walk.step());
}

/** The place of a walk over one body: what remains to be read at each level of nesting. */
class Walk {
  private at = 0
  private depth = 0
  private values = 0
  /** Values still to come at each depth; a map counts its keys and its values. */
  private readonly remaining = new Float64Array(CONTROL_DEPTH_MAX + 1)
  private readonly isMap = new Uint8Array(CONTROL_DEPTH_MAX + 1)

  constructor(
    private readonly body: Uint8Array,
    private readonly command: string,
  ) {
    this.remaining[0] = 1
  }

  /** Reads one value's header and passes over its bytes; false once everything has been read. */
  step(): boolean {
    while ((this.remaining[this.depth] ?? 0) === 0) {
      if (this.depth === 0) return this.finish()
      this.depth -= 1
    }
    const isKey = this.isMap[this.depth] === 1 && (this.remaining[this.depth] ?? 0) % 2 === 0
    this.remaining[this.depth] = (this.remaining[this.depth] ?? 0) - 1
    this.readValue(isKey)
    return true
  }

  private readValue(isKey: boolean): void {
    const headerAt = this.at
    this.need(1)
    const header = this.body[headerAt] ?? 0
    this.at += 1
    this.countValue(headerAt)
    const kind = KINDS[header] ?? KIND_REFUSED
    if (isKey && kind !== KIND_STRING) throw this.fault('a map key that is not a string', headerAt)
    if (kind === KIND_REFUSED) throw this.fault('an extension or reserved type', headerAt)
    const width = WIDTHS[header] ?? 0
    if (kind === KIND_SCALAR) {
      this.pass(width)
      return
    }
    const count = width === 0 ? (COUNTS[header] ?? 0) : this.readLength(width)
    if (kind === KIND_STRING || kind === KIND_BINARY) this.pass(count)
    else this.enter(kind === KIND_MAP ? count * 2 : count, kind === KIND_MAP)
  }

  private enter(values: number, isMap: boolean): void {
    // Each value takes a byte at least, so this bounds the walk by the body, whatever a header says.
    this.need(values)
    if (this.depth === CONTROL_DEPTH_MAX) {
      throw this.fault(`more than ${CONTROL_DEPTH_MAX} nested maps and arrays`, this.at - 1)
    }
    this.depth += 1
    this.remaining[this.depth] = values
    this.isMap[this.depth] = isMap ? 1 : 0
  }

  private readLength(width: number): number {
    this.need(width)
    let length = 0
    for (let i = 0; i < width; i += 1) length = length * 256 + (this.body[this.at + i] ?? 0)
    this.at += width
    return length
  }

  private pass(byteCount: number): void {
    this.need(byteCount)
    this.at += byteCount
  }

  private need(byteCount: number): void {
    const availableBytes = this.body.byteLength - this.at
    if (byteCount <= availableBytes) return
    throw malformed(
      `body needs ${byteCount} bytes at byte ${this.at}, has ${availableBytes} (${this.command})`,
      { positionBytes: this.at, neededBytes: byteCount, availableBytes },
    )
  }

  private countValue(headerAt: number): void {
    this.values += 1
    if (this.values > CONTROL_VALUES_MAX) {
      throw this.fault(`more than ${CONTROL_VALUES_MAX} values`, headerAt)
    }
  }

  private finish(): false {
    const extraBytes = this.body.byteLength - this.at
    if (extraBytes > 0) throw this.fault(`${extraBytes} bytes after its end`, this.at)
    return false
  }

  private fault(what: string, positionBytes: number): Error {
    return malformed(`body has ${what} at byte ${positionBytes} (${this.command})`, {
      positionBytes,
    })
  }
}

function fill(
  first: number,
  last: number,
  { kind, mask = 0, widths = [] }: { kind: number; mask?: number; widths?: readonly number[] },
): void {
  for (let header = first; header <= last; header += 1) {
    KINDS[header] = kind
    COUNTS[header] = header & mask
    WIDTHS[header] = widths[header - first] ?? 0
  }
}
