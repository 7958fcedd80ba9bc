/** What all connections of a server share. */

import type { ServerIdentity } from './server-identity.js'
import type { BusyPolling } from './io/busy-polling.js'
import type { LentReads } from './io/lent-reads.js'
import type { Timers } from './io/timers.js'
import type { Logger } from './logger.js'
import type { BatchChecker } from './publish/batch-checker.js'
import type { ServerLimits } from './server-limits.js'
import type { MessageBuffers } from './session/message-buffers.js'
import type { TurnScheduler } from './session/turn-scheduler.js'
import type { LogWatches } from './storage/log-watch.js'
import type { StreamLog, StreamStore } from './storage/storage-port.js'

/** Made once by `startServer`, handed to every session. */
export interface ServerServices {
  readonly store: StreamStore
  readonly limits: ServerLimits
  readonly identity: ServerIdentity
  readonly logger: Logger
  readonly timers: Timers
  readonly scheduler: TurnScheduler
  readonly watches: LogWatches
  /** Undefined when it was not wanted. */
  readonly busyPolling: BusyPolling | undefined
  readonly checker: BatchChecker
  readonly messageBuffers: MessageBuffers
  readonly lentReads: LentReads
  /** Logs of which a client was told that its request made the stream. */
  readonly announced: WeakSet<StreamLog>
}
