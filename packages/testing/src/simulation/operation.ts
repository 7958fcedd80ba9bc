/** What a simulated disk is asked to do, as a crash, a fault or a test may meet it. */

/** A step of an operation that changes the disk. */
export interface Operation {
  readonly kind:
    | 'create-directory'
    | 'sync-directory'
    | 'rename'
    | 'remove'
    | 'remove-tree'
    | 'write-file'
    | 'create'
    | 'resize'
    | 'sync'
    | 'write'
  readonly path: string
  /** Operations of two or more steps are met before each of them. */
  readonly step: number
}

/** Called before every step of every changing operation; it may throw what the step shall fail with. */
export type OperationHook = (operation: Operation) => Promise<void> | void

/** Called before every write into an open file, which nobody can wait for; it may throw what that shall fail with. */
export type WriteHook = (operation: Operation) => void
