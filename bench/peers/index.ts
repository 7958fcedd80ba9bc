/** Every peer by name. */
import { nats } from './nats/nats.js'
import type { Peer, PeerName } from './peer.js'
import { rabbitmq } from './rabbitmq/rabbitmq.js'
import { redis } from './redis/redis.js'

export const PEERS: Readonly<Record<PeerName, Peer>> = { nats, redis, rabbitmq }
