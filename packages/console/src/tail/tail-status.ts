/**
 * What to say of a reading in one line: is it live, behind, waiting, over?
 *
 * Pure, because it is the part of the page that is most easily wrong.
 */

import { formatCount } from '../text/quantities.js'
import type { TailPhase } from './tail-reader.js'

/** What is known of a reading. */
export interface TailFacts {
  readonly phase: TailPhase
  readonly hasFailed: boolean
  readonly isConnected: boolean
  readonly isPaused: boolean
  readonly isHolding: boolean
  readonly isFollowing: boolean
  /** Records behind the end; undefined until both are known. */
  readonly lag: number | undefined
}

/** A state of a reading, in words. */
export interface TailStatus {
  readonly tone: 'good' | 'warn' | 'bad' | 'quiet'
  readonly text: string
  /** What it means, where the word alone does not say. */
  readonly why: string
}

/** Fewer than this and a live stream counts as up to date: the end is known only a moment late. */
const CAUGHT_UP_LAG_MAX = 1_000

/** Puts a reading's state into words. */
export function describeTail(facts: TailFacts): TailStatus {
  const { phase, hasFailed, isConnected, isPaused } = facts
  if (phase === 'ended') {
    return hasFailed
      ? { tone: 'bad', text: 'Stopped', why: '' }
      : { tone: 'quiet', text: 'Ended', why: '' }
  }
  if (isPaused) {
    return {
      tone: 'warn',
      text: 'Paused',
      why: 'no credit is given: the server holds the records until you resume',
    }
  }
  if (!isConnected) {
    return { tone: 'warn', text: 'Waiting for the connection', why: 'goes on where it stopped' }
  }
  if (phase === 'opening') return { tone: 'quiet', text: 'Opening…', why: '' }
  return facts.isFollowing ? describeFollowing(facts) : describeLooking(facts)
}

/** How far behind the end a reading is: `up to date`, `1,204 behind`. */
export function describeLag(lag: number | undefined): string {
  if (lag === undefined) return ''
  return lag === 0 ? 'up to date' : `${formatCount(lag)} behind`
}

function describeFollowing({ lag }: TailFacts): TailStatus {
  if (lag !== undefined && lag > CAUGHT_UP_LAG_MAX) {
    return { tone: 'good', text: 'Catching up', why: '' }
  }
  return { tone: 'good', text: 'Following', why: '' }
}

function describeLooking({ isHolding }: TailFacts): TailStatus {
  if (!isHolding) return { tone: 'quiet', text: 'Scrolled back', why: 'newer records come below' }
  return {
    tone: 'quiet',
    text: 'Reading',
    why: 'more is fetched as you scroll',
  }
}
