// What the programs of these tests write into a stream: values that say by themselves whether they are
// the right ones at their offset, of a length that the seed decides.

/** The value of the record at `offset` of a stream in its n-th life. */
export function valueAt({ seed, life = 0, sizeMin = 24, sizeMax = 400 }, offset) {
  const size = sizeMin + (mixed(seed ^ Math.imul(offset + 1, 0x9e3779b1)) % (sizeMax - sizeMin + 1))
  const value = Buffer.alloc(size, offset % 251)
  value.write(`${String(life)}:${String(offset)} `.padEnd(24, '.'), 'latin1')
  return value
}

/** What is wrong with a record, undefined when it is what was written there. */
export function faultOf(plan, offset, value) {
  const expected = valueAt(plan, offset)
  if (Buffer.compare(expected, value) === 0) return undefined
  const start = Buffer.from(value.subarray(0, 24)).toString('latin1')
  return `offset ${String(offset)} holds ${String(value.length)} bytes "${start}"`
}

/** Integers below a bound, the same for the same seed. */
export function integers(seed) {
  let state = seed >>> 0
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0
    return mixed(state) % bound
  }
}

function mixed(state) {
  let value = Math.imul(state ^ (state >>> 15), state | 1)
  value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
  return (value ^ (value >>> 14)) >>> 0
}
