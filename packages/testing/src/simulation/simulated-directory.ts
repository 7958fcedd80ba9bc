/**
 * The names of a simulated disk: what the program sees, what is durable, and the changes in between.
 *
 * A change of names is durable once a directory it touches is synced; until then a power cut keeps an
 * arbitrary subset of the changes. A rename is atomic: it is kept as a whole or not at all.
 */
import type { Random } from '../random.js'
import type { SimulatedFile } from './simulated-file.js'

/** What a path names. */
export type Node = SimulatedFile | 'directory'

/** A change of names that is not yet durable. */
interface NameChange {
  /** Directories whose sync makes it durable. */
  readonly directories: readonly string[]
  apply(names: Map<string, Node>): void
}

/** The names of the disk. */
export class SimulatedNames {
  readonly #durable: Map<string, Node>
  readonly #current: Map<string, Node>
  #pending: NameChange[] = []

  constructor(durable: ReadonlyMap<string, Node> = new Map()) {
    this.#durable = new Map(durable)
    this.#current = new Map(durable)
  }

  /** What the path names now. */
  get(path: string): Node | undefined {
    return path === '' ? 'directory' : this.#current.get(path)
  }

  /** The names in a directory. */
  list(directory: string): [string, Node][] {
    const prefix = directory === '' ? '' : `${directory}/`
    return [...this.#current]
      .filter(([path]) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
      .map(([path, node]) => [path.slice(prefix.length), node])
  }

  /** Gives a node a name. */
  link(path: string, node: Node): void {
    this.#change([parentOf(path)], (names) => names.set(path, node))
  }

  /** Takes a name away, with everything below it. */
  unlink(path: string): void {
    this.#change([parentOf(path)], (names) => {
      for (const name of [...names.keys()]) if (isWithin(name, path)) names.delete(name)
    })
  }

  /** Moves a name, with everything below it, replacing what `to` names. `from` must exist. */
  rename(from: string, to: string): void {
    const moved = this.#current.get(from)
    if (moved === undefined) throw new Error(`rename of "${from}", which does not exist`)
    if (from === to) return
    this.#change([parentOf(from), parentOf(to)], (names) => {
      const below = [...names].filter(([path]) => isWithin(path, from))
      for (const [path] of below) names.delete(path)
      names.set(to, moved)
      for (const [path, node] of below) names.set(to + path.slice(from.length), node)
    })
  }

  /**
   * Begins a sync of a directory; the returned function makes its changes so far durable. After a sync
   * that failed they are what they were: names are journaled, the next sync may get them through.
   */
  beginSync(directory: string): () => void {
    const changes = this.#pending.filter(({ directories }) => directories.includes(directory))
    return () => {
      for (const change of this.#pending) if (changes.includes(change)) change.apply(this.#durable)
      this.#pending = this.#pending.filter((change) => !changes.includes(change))
    }
  }

  /** The names a crash leaves; nodes are those of this disk. */
  afterCrash(random: Random): Map<string, Node> {
    const left = new Map(this.#durable)
    const keepChance = random.pick([0, 1, 0.5])
    for (const change of this.#pending) if (random.chance(keepChance)) change.apply(left)
    // A name whose directory did not survive cannot be reached.
    for (const path of [...left.keys()]) if (!isReachable(path, left)) left.delete(path)
    return left
  }

  #change(directories: readonly string[], apply: (names: Map<string, Node>) => void): void {
    apply(this.#current)
    this.#pending.push({ directories, apply })
  }
}

/** The directory a path lies in. */
export function parentOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`)
}

function isReachable(path: string, names: ReadonlyMap<string, Node>): boolean {
  for (let parent = parentOf(path); parent !== ''; parent = parentOf(parent)) {
    if (names.get(parent) !== 'directory') return false
  }
  return true
}
