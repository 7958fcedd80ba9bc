/**
 * Which protocol is spoken: the names a peer gives and asks for.
 *
 * The WebSocket subprotocol names the generation (the shape of a frame); the version in HELLO and
 * WELCOME names what the frames may say. Both are independent of any package's version.
 */

/** The WebSocket subprotocol both sides name in the opening handshake. */
export const SUBPROTOCOL = 'tailrace.v1'

/** The newest version of the protocol this package speaks. */
export const PROTOCOL_VERSION = 1

/** Every version this package speaks, newest first: what a client offers in HELLO. */
export const PROTOCOL_VERSIONS: readonly number[] = [PROTOCOL_VERSION]

/**
 * Picks the version a connection uses: the highest in both lists.
 *
 * Returns undefined when there is none; the server then answers `UNSUPPORTED_PROTOCOL_VERSION`.
 */
export function chooseProtocolVersion(
  offered: readonly number[],
  supported: readonly number[] = PROTOCOL_VERSIONS,
): number | undefined {
  const common = offered.filter((version) => supported.includes(version))
  return common.length === 0 ? undefined : Math.max(...common)
}
