/**
 * Bytes in hexadecimal: on one line for a list, as a dump for the details.
 */

/** Narrow enough to stand beside the list, and on a phone. */
const DUMP_ROW_BYTES = 8
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
  /** The bytes, padded to the width of a whole row. */
  readonly hex: string
  /** The same bytes as characters; a dot for each that is not printable ASCII. */
  readonly characters: string
}

/** Rows of eight bytes, each with its address and its characters. */
export function hexDump(bytes: Uint8Array): HexDumpRow[] {
  const rows: HexDumpRow[] = []
  for (let at = 0; at < bytes.length; at += DUMP_ROW_BYTES) {
    rows.push(dumpRow(bytes.subarray(at, at + DUMP_ROW_BYTES), at))
  }
  return rows
}

function dumpRow(bytes: Uint8Array, at: number): HexDumpRow {
  return {
    address: at.toString(16).padStart(8, '0'),
    hex: hexOf(bytes).padEnd(DUMP_ROW_BYTES * 3 - 1),
    characters: Array.from(bytes, printable).join(''),
  }
}

function printable(byte: number): string {
  return byte >= FIRST_PRINTABLE && byte <= LAST_PRINTABLE ? String.fromCharCode(byte) : '.'
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
