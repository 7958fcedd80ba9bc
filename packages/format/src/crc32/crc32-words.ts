/**
 * CRC-32 (IEEE 802.3, reflected, polynomial 0xEDB88320), one 32-bit word or sixteen bytes a step.
 *
 * The tables and the steps are apart from the range function because the header check feeds words
 * that do not lie next to each other in memory (it leaves out its own field). "State" below is the
 * inverted register: it starts at `~seed` and the checksum is `~state`.
 *
 * Slicing-by-16: `TABLES[k][b]` is the CRC of byte `b` followed by `k` zero bytes, so sixteen bytes
 * are sixteen independent look-ups instead of a chain of sixteen. The tables take 16 KiB.
 *
 * Source: M. E. Kounavis, F. L. Berry, "Novel Table Lookup-Based Algorithms for High-Performance
 * CRC Generation", 2008.
 */

const POLYNOMIAL = 0xedb8_8320
const BYTE_VALUES = 256

const T0 = firstTable()
const T1 = nextTable(T0)
const T2 = nextTable(T1)
const T3 = nextTable(T2)
const T4 = nextTable(T3)
const T5 = nextTable(T4)
const T6 = nextTable(T5)
const T7 = nextTable(T6)
const T8 = nextTable(T7)
const T9 = nextTable(T8)
const T10 = nextTable(T9)
const T11 = nextTable(T10)
const T12 = nextTable(T11)
const T13 = nextTable(T12)
const T14 = nextTable(T13)
const T15 = nextTable(T14)

/** Steps the state over one byte. */
export function crcByte(state: number, byte: number): number {
  return (state >>> 8) ^ at(T0, (state ^ byte) & 0xff)
}

/** Steps the state over the four bytes of one little-endian word. */
export function crcWord(state: number, word: number): number {
  const x = state ^ word
  return at(T3, x & 0xff) ^ at(T2, (x >>> 8) & 0xff) ^ at(T1, (x >>> 16) & 0xff) ^ at(T0, x >>> 24)
}

/**
 * Steps the state over sixteen bytes of `view`: the hot step.
 *
 * The caller guarantees `at + 16 <= view.byteLength`.
 */
export function crcSixteenBytes(state: number, view: DataView, position: number): number {
  const a = view.getUint32(position, true) ^ state
  const b = view.getUint32(position + 4, true)
  const c = view.getUint32(position + 8, true)
  const d = view.getUint32(position + 12, true)
  return (
    at(T15, a & 0xff) ^
    at(T14, (a >>> 8) & 0xff) ^
    at(T13, (a >>> 16) & 0xff) ^
    at(T12, a >>> 24) ^
    at(T11, b & 0xff) ^
    at(T10, (b >>> 8) & 0xff) ^
    at(T9, (b >>> 16) & 0xff) ^
    at(T8, b >>> 24) ^
    at(T7, c & 0xff) ^
    at(T6, (c >>> 8) & 0xff) ^
    at(T5, (c >>> 16) & 0xff) ^
    at(T4, c >>> 24) ^
    at(T3, d & 0xff) ^
    at(T2, (d >>> 8) & 0xff) ^
    at(T1, (d >>> 16) & 0xff) ^
    at(T0, d >>> 24)
  )
}

/** The tables have 256 entries and every index is masked to eight bits, so nothing is undefined. */
function at(table: Int32Array, index: number): number {
  return table[index] as number
}

function firstTable(): Int32Array {
  return Int32Array.from({ length: BYTE_VALUES }, (_, byte) => {
    let state = byte
    for (let bit = 0; bit < 8; bit++) {
      state = (state & 1) === 0 ? state >>> 1 : (state >>> 1) ^ POLYNOMIAL
    }
    return state
  })
}

/** The table for one more zero byte behind. */
function nextTable(previous: Int32Array): Int32Array {
  return previous.map((state) => (state >>> 8) ^ at(T0, state & 0xff))
}
