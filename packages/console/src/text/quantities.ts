/**
 * Counts, sizes and rates as people read them.
 *
 * One locale for everybody: digits that line up in columns and that can be compared between two
 * screens matter more here than local habits.
 */

const COUNT_FORMAT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

const BYTES_PER_STEP = 1024
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

const BYTES_PER_MEGABYTE = 1_000_000

/** A whole number with separators: `1,234,567`. */
export function formatCount(count: number): string {
  return COUNT_FORMAT.format(count)
}

/** A count and its noun: `1 record`, `12 records`. */
export function formatCounted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** A size with three significant digits: `0 B`, `1.5 KiB`, `64 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let step = 0
  while (value >= BYTES_PER_STEP && step < BYTE_UNITS.length - 1) {
    value /= BYTES_PER_STEP
    step++
  }
  return `${significant(value)} ${BYTE_UNITS[step] ?? ''}`
}

/** Records per second without its unit: `0`, `3.4`, `820`, `12.4 k`, `1.24 M`. */
export function formatRate(perSecond: number): string {
  if (perSecond >= 1_000_000) return `${significant(perSecond / 1_000_000)} M`
  if (perSecond >= 10_000) return `${significant(perSecond / 1_000)} k`
  if (perSecond >= 1_000) return formatCount(perSecond)
  return significant(perSecond)
}

/** Bytes per second in the decimal units of networks: `0.02 MB/s`, `124 MB/s`. */
export function formatByteRate(bytesPerSecond: number): string {
  const megabytes = bytesPerSecond / BYTES_PER_MEGABYTE
  if (megabytes > 0 && megabytes < 0.01) return '< 0.01 MB/s'
  return `${significant(megabytes)} MB/s`
}

/** At most three significant digits, and no zeros that say nothing. */
function significant(value: number): string {
  if (value >= 100) return COUNT_FORMAT.format(value)
  const text = value >= 10 ? value.toFixed(1) : value.toFixed(2)
  return text.replace(/\.?0+$/, '')
}
