/** The sparse index of a segment: look-ups by offset and by time. */
import { IndexEntries } from '@tailrace/format'
import type { MicroBench, MicroCase } from '../micro.js'

/** Of a segment of 64 MiB with an entry every 16 KiB; and of a large one. */
const COUNTS = { small: [64], full: [4096, 1_000_000] }
const OFFSETS_PER_ENTRY = 100
const STEP_BYTES = 64

export const indexEntriesBench: MicroBench = {
  name: 'format/index-entries',
  open(size) {
    const lookUps = size === 'full' ? 1000 : 50
    return {
      cases: COUNTS[size].flatMap((count): MicroCase[] => {
        const entries = filled(count)
        // Spread over the entries, none next to the one before.
        const targetOf = (at: number): number => ((at * 7919) % count) * OFFSETS_PER_ENTRY + 1
        const looking = (name: string, find: (target: number) => number): MicroCase => ({
          name: `${name}, ${count} entries`,
          amount: lookUps,
          unit: 'look-up',
          run() {
            let sum = 0
            for (let at = 0; at < lookUps; at += 1) sum += find(targetOf(at))
            return sum
          },
        })
        return [
          looking('findOffset', (target) => entries.findOffset(target)),
          looking('findTime', (target) => entries.findTime(target)),
        ]
      }),
    }
  },
}

function filled(count: number): IndexEntries {
  const entries = new IndexEntries(count)
  for (let at = 0; at < count; at += 1) {
    const relativeOffset = at * OFFSETS_PER_ENTRY
    entries.append({ relativeOffset, position: at * STEP_BYTES, appendTimeUs: relativeOffset })
  }
  return entries
}
