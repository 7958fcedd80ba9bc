/** What the bench knows of another system that it compares with. */

/** The peers, in the order in which they run. */
export const PEER_NAMES = ['nats', 'redis', 'rabbitmq'] as const
export type PeerName = (typeof PEER_NAMES)[number]

/** A server that runs. */
export interface PeerServer {
  /** What its client connects to: host:port on loopback. */
  readonly address: string
  /** The processes that were started; what they start themselves is counted and stopped with them. */
  readonly pids: readonly number[]
  /** Ends all of its processes and waits until none is left. The data stays with the caller. */
  stop(): Promise<void>
}

/** A kind of server, of which one can be started if its package is installed. */
export interface Peer {
  readonly name: PeerName
  /** Debian's package. */
  readonly package: string
  /** What a publisher knows once it is told that its record was taken. */
  readonly ackMeans: string
  /** How the server and its client are set up, where that is not what they come with. */
  readonly settings: readonly string[]
  /** The version of the server, or undefined where it is not installed. */
  readonly version: () => string | undefined
  /** Starts it on free ports of loopback, with everything it writes in `directory`. */
  readonly start: (directory: string) => Promise<PeerServer>
}
