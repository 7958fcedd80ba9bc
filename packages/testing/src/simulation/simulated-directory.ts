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

/** A change of names that is not yet durable. Paths are as of the change, and move with their directory. */
interface NameChange {
  /** A rename has both; without `to` a name is taken away, without `from` one is given. */
  from: string | undefined
  to: string | undefined
  /** What gets the name `to`. */
  readonly node: Node | undefined
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
    this.#change({ from: undefined, to: path, node })
  }

  /** Takes a name away, with everything below it. */
  unlink(path: string): void {
    this.#change({ from: path, to: undefined, node: undefined })
  }

  /** Moves a name, with everything below it, replacing what `to` names. `from` must exist. */
  rename(from: string, to: string): void {
    const node = this.#current.get(from)
    if (node === undefined) throw new Error(`rename of "${from}", which does not exist`)
    if (from !== to) this.#change({ from, to, node })
  }

  /**
   * Begins a sync of a directory; the returned function makes its changes so far durable. After a sync
   * that failed they are what they were: names are journaled, the next sync may get them through.
   */
  beginSync(directory: string): () => void {
    const changes = this.#pending.filter((change) => isChangeIn(change, directory))
    return () => {
      for (const change of changes) if (this.#pending.includes(change)) this.#makeDurable(change)
    }
  }

  /** The names a crash leaves; nodes are those of this disk. */
  afterCrash(random: Random): Map<string, Node> {
    const left = new Map(this.#durable)
    const keepChance = random.pick([0, 1, 0.5])
    for (const change of this.#pending) if (random.chance(keepChance)) apply(change, left)
    // A name whose directory did not survive cannot be reached.
    for (const path of [...left.keys()]) if (!isReachable(path, left)) left.delete(path)
    return left
  }

  #change(change: NameChange): void {
    apply(change, this.#current)
    this.#pending.push(change)
  }

  #makeDurable(change: NameChange): void {
    apply(change, this.#durable)
    const { from, to } = change
    const at = this.#pending.indexOf(change)
    const before = this.#pending.slice(0, at)
    const after = this.#pending.slice(at + 1)
    // Earlier changes in a directory that has moved are changes in the directory where it is now.
    const follow = (path: string | undefined): string | undefined =>
      path !== undefined && from !== undefined && to !== undefined && isBelow(path, from)
        ? to + path.slice(from.length)
        : path
    for (const earlier of before) {
      earlier.from = follow(earlier.from)
      earlier.to = follow(earlier.to)
    }
    const isGone = (path: string | undefined): boolean =>
      to === undefined && from !== undefined && path !== undefined && isBelow(path, from)
    this.#pending = [...before.filter((earlier) => !isGone(earlier.to ?? earlier.from)), ...after]
  }
}

function apply({ from, to, node }: NameChange, names: Map<string, Node>): void {
  const within = from === undefined ? [] : [...names].filter(([path]) => isWithin(path, from))
  for (const [path] of within) names.delete(path)
  if (to === undefined || node === undefined) return
  // A directory replaces another one as a whole.
  if (from !== undefined) {
    for (const path of [...names.keys()]) if (isWithin(path, to)) names.delete(path)
    for (const [path, moved] of within) names.set(to + path.slice(from.length), moved)
  }
  names.set(to, node)
}

function isChangeIn({ from, to }: NameChange, directory: string): boolean {
  return [from, to].some((path) => path !== undefined && parentOf(path) === directory)
}

/** The directory a path lies in. */
export function parentOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`)
}

function isBelow(path: string, directory: string): boolean {
  return path.startsWith(`${directory}/`)
}

function isReachable(path: string, names: ReadonlyMap<string, Node>): boolean {
  for (let parent = parentOf(path); parent !== ''; parent = parentOf(parent)) {
    if (names.get(parent) !== 'directory') return false
  }
  return true
}
