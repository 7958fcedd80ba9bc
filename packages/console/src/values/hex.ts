/**
 * Bytes in hexadecimal: on one line for a list, as a dump for the details.
 */

const DUMP_ROW_BYTES = 16
const FIRST_PRINTABLE = 0x20
const LAST_PRINTABLE = 0x7e

/** Two digits a byte with spaces between: `de ad be ef`. */
export function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += `${text === '' ? '' : ' '}${hexByte(byte)}`
  return text
}

/** One row of a dump. */
export interface HexDumpRow {
  /** The address of the row's first byte, eight digits. */
  readonly address: string
  /** The bytes, in two groups of eight, padded to the width of a whole row. */
  readonly hex: string
  /** The same bytes as characters; a dot for each that is not printable ASCII. */
  readonly characters: string
}

/** Rows of 16 bytes, as `hexdump -C` lays them out. */
export function hexDump(bytes: Uint8Array): HexDumpRow[] {
  const rows: HexDumpRow[] = []
  for (let at = 0; at < bytes.length; at += DUMP_ROW_BYTES) {
    rows.push(dumpRow(bytes.subarray(at, at + DUMP_ROW_BYTES), at))
  }
  return rows
}

function dumpRow(bytes: Uint8Array, at: number): HexDumpRow {
  const half = DUMP_ROW_BYTES / 2
  const left = hexOf(bytes.subarray(0, half))
  const right = hexOf(bytes.subarray(half))
  const width = half * 3 - 1
  return {
    address: at.toString(16).padStart(8, '0'),
    hex: `${left.padEnd(width)}  ${right.padEnd(width)}`,
    characters: Array.from(bytes, printable).join(''),
  }
}

function printable(byte: number): string {
  return byte >= FIRST_PRINTABLE && byte <= LAST_PRINTABLE ? String.fromCharCode(byte) : '.'
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
