/**
 * Which web pages may open a connection.
 *
 * A browser lets any page connect to any address, this machine included, and only says in `Origin` where
 * the page is from: without a look at it, every page a user visits could read every stream. Programs
 * send no Origin and are not kept out by this.
 *
 * Allowed: no Origin; a page of this machine (localhost, 127.0.0.0/8, ::1); a page that the same host
 * served; what the operator lists. With one exception: when the connection came over loopback and
 * names a host that is not this machine, `Host` proves nothing, since a page can have its own name
 * resolved to 127.0.0.1 (DNS rebinding).
 *
 * Pure: no request, no socket.
 */

/** What is known of the page and of the connection. */
export interface OriginFacts {
  /** The Origin header. */
  readonly origin: string | undefined
  /** The Host header. */
  readonly host: string | undefined
  /** The server's own address on this connection. */
  readonly localAddress: string | undefined
}

const IPV4_LOOPBACK = /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/
const IPV4_ADDRESS = /^\d{1,3}(\.\d{1,3}){3}$/

/** Whether a page of this origin may connect. `allowedOrigins` are compared as browsers write them. */
export function isOriginAllowed(facts: OriginFacts, allowedOrigins: ReadonlySet<string>): boolean {
  const { origin, host, localAddress } = facts
  if (origin === undefined || allowedOrigins.has(origin)) return true
  const page = parseUrl(origin)
  if (page === undefined) return false
  if (isLoopbackName(page.hostname)) return true
  const server = host === undefined ? undefined : parseUrl(`${page.protocol}//${host}`)
  if (server === undefined || server.host !== page.host) return false
  return isAddress(server.hostname) || !isLoopbackAddress(localAddress)
}

/** The origin as a browser would write it. Throws RangeError when `text` is not one. */
export function normalOrigin(text: string): string {
  const origin = parseUrl(text)?.origin
  if (origin === undefined || origin === 'null') {
    throw new RangeError(`"${text}" is not an origin, must be like "https://example.org"`)
  }
  return origin
}

function isLoopbackName(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    IPV4_LOOPBACK.test(hostname)
  )
}

function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false
  return address === '::1' || IPV4_LOOPBACK.test(address.replace(/^::ffff:/, ''))
}

function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || IPV4_ADDRESS.test(hostname)
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}
