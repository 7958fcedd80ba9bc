/** Processes and directories of a scenario: ended and removed with it, however it ends. */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ActorProcess } from './actor-process.js'
import type { ActorPlace } from './actor-process.js'
import { dataDirectory } from './disk-sync.js'

/** Those of one scenario. */
export class ScenarioResources implements AsyncDisposable {
  readonly #name: string
  readonly #profileDirectory: string | undefined
  readonly #actors: ActorProcess[] = []
  readonly #directories: string[] = []
  #isDisposed = false

  /** @param profileDirectory - where each actor leaves a CPU profile as it ends. */
  constructor(name: string, profileDirectory: string | undefined) {
    this.#name = name
    this.#profileDirectory = profileDirectory
  }

  /** Starts `actors/<name>.js`. */
  async start(name: string, core: ActorPlace['core']): Promise<ActorProcess> {
    const nodeOptions = this.#profileOptions(name)
    const actor = await ActorProcess.start(name, { core, nodeOptions })
    this.#actors.push(actor)
    // What an interruption has left of the scenario goes no further.
    if (this.#isDisposed) await actor[Symbol.asyncDispose]()
    return actor
  }

  /** Makes a directory for data. */
  async makeDirectory(): Promise<string> {
    const directory = await mkdtemp(join(dataDirectory(), `${this.#name}-`))
    this.#directories.push(directory)
    return directory
  }

  /** Ends the processes, the last one first, and removes the directories. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    for (const actor of this.#actors.reverse()) await actor[Symbol.asyncDispose]()
    for (const path of this.#directories) await rm(path, { recursive: true, force: true })
  }

  /** NODE_OPTIONS does not take these. The name is the scenario's, the actor's and its number. */
  #profileOptions(name: string): string[] {
    if (this.#profileDirectory === undefined) return []
    const file = `${this.#name}-${name}-${this.#actors.length}.cpuprofile`
    return ['--cpu-prof', `--cpu-prof-dir=${this.#profileDirectory}`, `--cpu-prof-name=${file}`]
  }
}
