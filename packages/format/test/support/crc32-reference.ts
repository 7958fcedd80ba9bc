/** CRC-32 bit by bit, as the definition reads: nothing shared with the code under test. */

export function crc32Reference(bytes: Uint8Array, seed = 0): number {
  let register = ~seed >>> 0
  for (const byte of bytes) {
    register = (register ^ byte) >>> 0
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = register % 2 === 1
      register = Math.floor(register / 2)
      if (isOdd) register = (register ^ 0xedb88320) >>> 0
    }
  }
  return ~register >>> 0
}
