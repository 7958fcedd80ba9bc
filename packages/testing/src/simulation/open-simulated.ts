/** Opens a store on a simulated disk, with a time of its own. */
import { openStore } from '@tailrace/core'
import type { RecoveryLimits, Storage, Store } from '@tailrace/core'
import { StorageError } from '@tailrace/format'
import type { Random } from '../random.js'
import { VirtualScheduler } from './virtual-scheduler.js'

/** A store on a simulated disk. */
export interface SimulatedStore {
  readonly store: Store
  readonly scheduler: VirtualScheduler
}

/**
 * So that streams of a few segments of 64 KiB have checkpoints, and meet the bound on what is not synced:
 * it is above the largest batch of a workload, some 27 KiB.
 */
const RECOVERY_LIMITS: RecoveryLimits = { checkpointBytes: 8 * 1024, unsyncedBytesMax: 32 * 1024 }

/** How a store is opened. */
export interface OpenOptions {
  /** The run of the machine. Default: another one than ever before, as after a loss of power. */
  readonly bootId?: string
  /** True: work in the background may fail, because the disk has faults. */
  readonly hasFaults?: boolean
  /** As of {@link VirtualScheduler}. */
  readonly held?: () => Promise<unknown> | undefined
  /** Default: small ones. */
  readonly recoveryLimits?: RecoveryLimits | undefined
}

/** Opens the store on a disk. */
export async function openSimulated(
  storage: Storage,
  random: Random,
  options: OpenOptions = {},
): Promise<SimulatedStore> {
  const scheduler = new VirtualScheduler(random, options.held)
  const store = openStore('simulated', {
    bootId: options.bootId ?? `boot-${random.below(2 ** 32)}`,
    storage,
    recoveryLimits: options.recoveryLimits ?? RECOVERY_LIMITS,
    scheduler,
    clock: scheduler,
    onBackgroundError: (_, error) => {
      if (options.hasFaults !== true || !isFault(error)) throw error
    },
  })
  return { store: await scheduler.run(store), scheduler }
}

/**
 * True for what a disk that fails may make the log fail with. Of the IO_ERRORs only EIO: any other, such as
 * ENOENT, is an operation that the log should not have tried.
 */
export function isFault(error: unknown): error is StorageError {
  if (!(error instanceof StorageError)) return false
  if (error.code === 'IO_ERROR') return error.details.errno === 'EIO'
  return error.code === 'NO_SPACE' || error.code === 'STREAM_POISONED'
}
