/**
 * What publishers of the tests publish, and what must be found of it.
 *
 * A lane is one producer on one stream. Its records say which lane they are of and as which of it they were
 * published, "<lane> <sequence> <filling>", so that a loss, a repetition and a change of order each show.
 */

import type { ProducerOptions } from '@tailrace/client'

/** A producer on a stream. */
export interface Lane {
  readonly lane: string
  readonly stream: LaneStream
  /** Undefined: by `stream.publish`, each record with a promise of its own. */
  readonly options?: ProducerOptions
  /** The filling of a record has `(sequence * size) % 900` bytes. */
  readonly size: number
}

/** A stream that lanes lead to. */
export interface LaneStream {
  readonly name: string
  readonly durability: 'fsync' | 'relaxed'
  readonly segmentBytesMax: number
}

/** What a publisher says of records that were acknowledged. */
export interface Acknowledged {
  readonly lane: string
  readonly firstSequence: number
  readonly recordCount: number
  /** −1: acknowledged as a duplicate the offset of which the log does not know. */
  readonly baseOffset: number
  readonly isDuplicate: boolean
}

interface Place {
  readonly lane: string
  readonly sequence: number
}

/** The records of one stream as a reader was given them; every one is checked as it comes. */
export class StreamContent {
  readonly #name: string
  readonly #lanes: ReadonlyMap<string, Lane>
  readonly #places: Place[] = []
  readonly #counts = new Map<string, number>()

  constructor(name: string, lanes: readonly Lane[]) {
    this.#name = name
    this.#lanes = new Map(
      lanes.filter(({ stream }) => stream.name === name).map((lane) => [lane.lane, lane]),
    )
  }

  /** How many records there are. */
  get length(): number {
    return this.#places.length
  }

  /** How many records of a lane there are. */
  countOf(lane: string): number {
    return this.#counts.get(lane) ?? 0
  }

  /** Takes the next record. @throws {Error} for a gap, a repetition, a wrong order, a changed value. */
  add(offset: number, value: Uint8Array): void {
    if (offset !== this.length) this.#fail(`offset ${offset} follows ${this.length - 1}`)
    const [lane = '', digits = '', filling = ''] = new TextDecoder().decode(value).split(' ')
    const sequence = Number(digits)
    const expected = this.countOf(lane)
    if (sequence !== expected)
      this.#fail(`offset ${offset} has record ${sequence} of ${lane}, not ${expected}`)
    const size = this.#lanes.get(lane)?.size ?? this.#fail(`offset ${offset} is of ${lane}`)
    if (filling !== '.'.repeat((sequence * size) % 900)) this.#fail(`offset ${offset} has changed`)
    this.#counts.set(lane, sequence + 1)
    this.#places.push({ lane, sequence })
  }

  /** Looks for records that were acknowledged. @throws {Error} when one is not where it was said to be. */
  checkHas({ lane, firstSequence, recordCount, baseOffset }: Acknowledged): void {
    const endSequence = firstSequence + recordCount
    if (this.countOf(lane) < endSequence)
      this.#fail(`records ${firstSequence} to ${endSequence} of ${lane} were lost`)
    if (baseOffset < 0) return
    for (let i = 0; i < recordCount; i += 1) {
      const place = this.#places[baseOffset + i]
      if (place?.lane !== lane || place.sequence !== firstSequence + i)
        this.#fail(
          `offset ${baseOffset + i} was acknowledged for record ${firstSequence + i} of ${lane}` +
            ` and has ${JSON.stringify(place)}`,
        )
    }
  }

  #fail(what: string): never {
    throw new Error(`stream "${this.#name}": ${what}`)
  }
}
