/** What a micro bench is: a few ways of doing one thing, each in calls that are long enough to time. */
import { crc32 } from '@tailrace/format'

/** How much is worked on: `small` takes every path, in milliseconds. */
export type MicroSize = 'small' | 'full'

/** One way. */
export interface MicroCase {
  readonly name: string
  /** What one call works through. A call takes some microseconds at least, so that the clock costs nothing. */
  readonly amount: number
  /** Of the amount, in the singular. */
  readonly unit: string
  /** Bytes of one unit; the table then says GB/s, too. */
  readonly unitBytes?: number
  /** Cases with the same words here must give the same hash: they do the same work in different ways. */
  readonly sameAs?: string
  /**
   * One call. What it returns depends on all of its work, so that none of it can be left out, and is the
   * same for the same number of calls before it.
   */
  readonly run: () => number | Promise<number>
}

/** Cases that are ready to run. */
export interface MicroSetup {
  readonly cases: readonly MicroCase[]
  /** Lets go of files. */
  readonly close?: () => Promise<void>
}

/** A file of `micro/`. */
export interface MicroBench {
  /** Folder and file: `format/crc32`. */
  readonly name: string
  readonly open: (size: MicroSize) => MicroSetup | Promise<MicroSetup>
}

/** Bytes that look random and are the same in every run. */
export function someBytes(length: number): Uint8Array {
  let state = 1
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 24
  })
}

/** Takes a value into what came before; unlike adding or XOR it forgets neither order nor repeats. */
export function mix(sum: number, value: number): number {
  return (Math.imul(sum, 31) + value) | 0
}

/** The hash of what some calls returned, as eight hexadecimal digits. */
export function hashOf(values: readonly number[]): string {
  return crc32(new Uint8Array(Float64Array.from(values).buffer))
    .toString(16)
    .padStart(8, '0')
}
