/** What a scenario is, and what it says about each run. */
import type { PeerName } from '../peers/peer.js'
import type { ActorProcess } from './actor-process.js'
import type { Wanted } from './wanted.js'

/** A figure that a scenario reports. */
export interface Column {
  /** Its name in the values of a measurement and in the JSON. */
  readonly key: string
  /** Its heading, with the unit. */
  readonly title: string
  /** Decimals in the table. */
  readonly digits: number
  /** Whether the table shows the ends of the spread, too; the first column always does. */
  readonly hasSpread?: boolean
}

/** One timed run of one subject. */
export interface Measurement {
  /** What ran: the same words in every round. */
  readonly subject: string
  readonly values: Readonly<Record<string, number>>
}

/** Figures of another system that were measured elsewhere, on the same kind of machine. */
export interface Elsewhere {
  /** What was measured, and how. */
  readonly about: string
  readonly rows: readonly ElsewhereRow[]
  readonly wanted: readonly Wanted[]
}

/** One subject that was measured elsewhere. */
export interface ElsewhereRow {
  readonly subject: string
  /** By column: the figure, or the least and the greatest. */
  readonly values: Readonly<Record<string, number | readonly [number, number]>>
  /** The subject of this run that it is compared with. */
  readonly reference: string
  /**
   * A peer that was measured there, too, and its figure of the first column there. When it takes part in
   * this run, its figure here says how the two machines compare.
   */
  readonly bridge?: { readonly subject: PeerName; readonly value: number }
}

/** A subject beside the least that has to be done for the same, which is another subject. */
export interface Beside {
  readonly subject: string
  readonly limit: string
}

/** What a scenario is given. */
export interface ScenarioContext<Parameters> {
  readonly parameters: Parameters
  /** The number of each round from 0 on; the first ones warm up, and what is measured in them is not kept. */
  rounds(): Iterable<number>
  /** Starts `actors/<name>.js` on the core of its side; it ends with the scenario. */
  start(name: string, side: Side): Promise<ActorProcess>
  /** Makes a directory that is removed with everything in it when the scenario has ended. */
  makeDirectory(): Promise<string>
  /**
   * To be awaited before each subject is timed: memory that the one before has freed is taken again, so
   * that all meet it as warm. Does nothing where memory is not kept warm.
   */
  settle(): Promise<void>
  /**
   * Starts the peers that take part, each a server with its client. Empty when none is asked for; one
   * that is not installed or does not start is remarked.
   */
  startPeers(): Promise<readonly Pair[]>
  /**
   * Reports a run: of each subject once in a round. Throws for a value that is not a finite number: a
   * broken run is no figure.
   */
  note(measurement: Measurement): void
  /** Says in the report what this machine did not allow. */
  remark(text: string): void
}

/** A server and a client that speaks to it. */
export interface Pair {
  /** What its subjects are called. */
  readonly name: 'tailrace' | PeerName
  readonly server: ActorProcess
  readonly client: ActorProcess
  readonly url: string
}

/** Who works on which core, where the machine has two. */
export type Side = 'server' | 'client' | 'anywhere'

/** Something to measure. */
export interface Scenario<Parameters = never> {
  readonly name: string
  /** One sentence: what is modelled. */
  readonly about: string
  /** The first is what ratios are made of. */
  readonly columns: readonly Column[]
  /** Whether more of the first column is better. */
  readonly better: 'more' | 'less'
  /** Which subject another is compared with, run for run in the same round. */
  readonly references: Readonly<Record<string, string>>
  /**
   * Limits that subjects are held against besides their reference, in the first column; said below the table
   * where both ran.
   */
  readonly limits?: readonly Beside[]
  /** What it is wanted to show; said below its table, with what it did show. */
  readonly wanted?: readonly Wanted[]
  /** What others were measured to do elsewhere. */
  readonly elsewhere?: Elsewhere
  /**
   * Rounds that warm up before those that count: V8 compiles what has run often enough, and what runs once
   * for a frame of 64 KiB has not after one round. Default 1, which is also what small parameters have.
   */
  readonly warmUps?: number
  readonly full: Parameters
  /** For `npm test`: every path is taken, in seconds. */
  readonly small: Parameters
  run(context: ScenarioContext<Parameters>): Promise<void>
}
