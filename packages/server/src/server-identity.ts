/** Who this server is, as WELCOME says it. */

/** What WELCOME says about the server. */
export interface ServerIdentity {
  /** Name and version, `tailrace/0.1.0`. */
  readonly server: string
  /** That of the store, so that it survives a restart on the same data. */
  readonly serverId: string
}

const SERVER_VERSION = '0.1.0'

/** The identity of a server on a store. */
export function serverIdentity(storeId: string): ServerIdentity {
  return { server: `tailrace/${SERVER_VERSION}`, serverId: storeId }
}
