/**
 * The real storage with a window and a lever: a test sees each operation, may delay it or make it fail,
 * and may wait until none is in flight.
 */

import {
  MappedStorage,
  type Storage,
  type StorageEntry,
  type StorageFile,
} from '../../src/index.js'

export type OperationKind =
  | 'list'
  | 'createDirectory'
  | 'syncDirectory'
  | 'rename'
  | 'remove'
  | 'removeTree'
  | 'writeFile'
  | 'create'
  | 'resize'
  | 'sync'
  | 'open'
  | 'readFile'

export interface Operation {
  readonly kind: OperationKind
  readonly path: string
}

/** Called before an operation is carried out; may throw instead, or hold it up. */
export type Interference = (operation: Operation) => Promise<void> | void

export class ObservedStorage implements Storage {
  readonly #inner: Storage
  readonly operations: Operation[] = []
  /** Before asynchronous operations; the synchronous ones (`open`, `readFile`) are only recorded. */
  interfere: Interference = () => undefined
  /** True: one operation after another, so that before each of them the files are still. */
  isSerial = false
  #last: Promise<unknown> = Promise.resolve()
  #inFlight = 0
  #quietWaiters: (() => void)[] = []

  constructor(root: string) {
    this.#inner = new MappedStorage(root)
  }

  /** Paths of the operations of one kind so far. */
  pathsOf(kind: OperationKind): string[] {
    return this.operations.filter((operation) => operation.kind === kind).map(({ path }) => path)
  }

  /** Resolves when no operation is in flight and the turn after that began none. */
  async quiet(): Promise<void> {
    do {
      if (this.#inFlight > 0) await new Promise<void>((resolve) => this.#quietWaiters.push(resolve))
      await new Promise((resolve) => setImmediate(resolve))
    } while (this.#inFlight > 0)
  }

  list(directory: string): Promise<readonly StorageEntry[]> {
    return this.#run('list', directory, () => this.#inner.list(directory))
  }

  createDirectory(directory: string): Promise<void> {
    return this.#run('createDirectory', directory, () => this.#inner.createDirectory(directory))
  }

  syncDirectory(directory: string): Promise<void> {
    return this.#run('syncDirectory', directory, () => this.#inner.syncDirectory(directory))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#run('rename', from, () => this.#inner.rename(from, to))
  }

  remove(path: string): Promise<void> {
    return this.#run('remove', path, () => this.#inner.remove(path))
  }

  removeTree(directory: string): Promise<void> {
    return this.#run('removeTree', directory, () => this.#inner.removeTree(directory))
  }

  writeFile(path: string, content: Uint8Array): Promise<void> {
    return this.#run('writeFile', path, () => this.#inner.writeFile(path, content))
  }

  resize(path: string, sizeBytes: number): Promise<void> {
    return this.#run('resize', path, () => this.#inner.resize(path, sizeBytes))
  }

  create(...file: Parameters<Storage['create']>): Promise<StorageFile> {
    const [path] = file
    return this.#run('create', path, async () =>
      this.#observe(path, await this.#inner.create(...file)),
    )
  }

  readFile(path: string): Uint8Array | undefined {
    this.operations.push({ kind: 'readFile', path })
    return this.#inner.readFile(path)
  }

  open(path: string, mode: 'read' | 'write'): StorageFile {
    this.operations.push({ kind: 'open', path })
    return this.#observe(path, this.#inner.open(path, mode))
  }

  #observe(path: string, file: StorageFile): StorageFile {
    return {
      // Mapped by the first look.
      get bytes() {
        return file.bytes
      },
      wrote: (start, end) => {
        file.wrote(start, end)
      },
      write: (position, parts) => {
        if (file.write === undefined) throw new Error('mapped files have it')
        file.write(position, parts)
      },
      sync: () => this.#run('sync', path, () => file.sync()),
      close: () => {
        file.close()
      },
    }
  }

  #run<T>(kind: OperationKind, path: string, action: () => Promise<T>): Promise<T> {
    if (!this.isSerial) return this.#carryOut(kind, path, action)
    const result = this.#last.then(() => this.#carryOut(kind, path, action))
    this.#last = result.catch(() => undefined)
    return result
  }

  async #carryOut<T>(kind: OperationKind, path: string, action: () => Promise<T>): Promise<T> {
    const operation = { kind, path }
    this.operations.push(operation)
    this.#inFlight += 1
    try {
      await this.interfere(operation)
      return await action()
    } finally {
      this.#inFlight -= 1
      if (this.#inFlight === 0) for (const resolve of this.#quietWaiters.splice(0)) resolve()
    }
  }
}

/** A promise and its handle: an operation waits on it until the test opens it. */
export class Gate {
  readonly opened: Promise<void>
  #open: () => void = () => undefined
  /** Resolves once somebody waits at the gate. */
  readonly reached: Promise<void>
  #reach: () => void = () => undefined

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#open = resolve
    })
    this.reached = new Promise((resolve) => {
      this.#reach = resolve
    })
  }

  open(): void {
    this.#open()
  }

  pass(): Promise<void> {
    this.#reach()
    return this.opened
  }
}
