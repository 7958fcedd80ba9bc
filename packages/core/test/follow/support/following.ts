/** Followers in processes of their own, and how far they have come. */

import type { Program } from './program.js'

/** What is written, and by which rule; see programs/values.mjs. */
export interface Plan {
  readonly seed: number
  readonly life?: number
  readonly sizeMin?: number
  readonly sizeMax?: number
  readonly recordsMax?: number
}

/** How a follower's job ended. */
export interface FollowOutcome {
  readonly nextOffset: number
  readonly code?: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** A follower at work. */
export class Following {
  readonly #program: Program
  /** The offset it wants next, as it said last. */
  nextOffset = 0
  /** Its outcome; rejects when it found something wrong, or its process ended. */
  readonly outcome: Promise<FollowOutcome>

  constructor(program: Program, job: object) {
    this.#program = program
    program.onNews((news) => {
      if (news.news === 'followed') this.nextOffset = Number(news['nextOffset'])
    })
    this.outcome = program.ask<FollowOutcome>('follow', job).then((outcome) => {
      this.nextOffset = Math.max(this.nextOffset, outcome.nextOffset)
      return outcome
    })
    // Somebody asks for it in the end; until then a rejection is not unhandled.
    this.outcome.catch(() => undefined)
  }

  /** Resolves when it has read everything below the offset. */
  async reaches(offset: number): Promise<void> {
    if (this.nextOffset >= offset) return
    const heard = this.#program.hears(
      (news) => news.news === 'followed' && Number(news['nextOffset']) >= offset,
    )
    const done = this.outcome.then((outcome) => {
      if (outcome.nextOffset < offset) {
        throw new Error(`the follower ended at ${outcome.nextOffset}: ${outcome.code ?? 'done'}`)
      }
    })
    await Promise.race([heard, done])
  }
}
