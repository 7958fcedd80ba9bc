/**
 * The one function of Node that this package calls.
 *
 * Declared here because `format` compiles without Node's types: a stray `Buffer` or `process` in a
 * file that also runs in a page must not compile. In Node since 20.15 and 22.2.
 */
declare module 'node:zlib' {
  export function crc32(data: Uint8Array, value?: number): number
}
