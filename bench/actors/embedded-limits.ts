/**
 * What whoever keeps values in a file of his own has to do at least, with no log: jobs of the process that
 * embeds one, so that checksums are computed by the same function.
 *
 * Frames are values with nothing but their lengths (clients/bare-frames.ts): as many bytes as in a batch.
 */
import { crc32 } from '@tailrace/format'
import { BareFrame, LENGTH_BYTES } from '../clients/bare-frames.js'
import { timed } from '../harness/actor.js'
import type { Jobs } from '../harness/actor.js'
import { RecordFile } from './record-file.js'

interface WriteJob {
  readonly records: number
  readonly sizeBytes: number
  /** Of a frame. */
  readonly batchRecords: number
  /** Whether each value is copied into its frame, or one frame is there and is written over and over. */
  readonly isCopied: boolean
  /** Whether the checksum of each frame is computed. */
  readonly isChecked: boolean
}

/** The jobs; the file is there from `writeFrames` to `removeFrames`. */
export function embeddedLimits(): Jobs {
  let file: RecordFile | undefined
  const written = (): RecordFile => {
    if (file === undefined) throw new Error('nothing was written')
    return file
  }
  return {
    writeFrames: async (job: WriteJob) => {
      const { records, sizeBytes } = job
      const value = new Uint8Array(sizeBytes).fill(0x2e)
      const target = await RecordFile.prepare(records * (LENGTH_BYTES + sizeBytes))
      file = target
      const timing = await timed(() => {
        writeFrames(target, value, job)
        return Promise.resolve()
      })
      target.check(records, () => value)
      return timing
    },
    /** Makes an array of each value of the file, which is in memory, and looks at its first byte. */
    viewEach: ({ records }: { records: number }) =>
      visit(records, () => {
        const { buffer, byteOffset, length } = written().bytes
        const view = new DataView(buffer, byteOffset, length)
        let sum = 0
        for (let at = 0; at < length;) {
          const valueLength = view.getUint32(at, true)
          sum += new Uint8Array(buffer, byteOffset + at + LENGTH_BYTES, valueLength)[0] ?? 0
          at += LENGTH_BYTES + valueLength
        }
        return sum
      }),
    /** The same where it lies. */
    lookAtEach: ({ records }: { records: number }) =>
      visit(records, () => {
        const { bytes } = written()
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
        let sum = 0
        for (let at = 0; at < bytes.length; at += LENGTH_BYTES + view.getUint32(at, true)) {
          sum += bytes[at + LENGTH_BYTES] ?? 0
        }
        return sum
      }),
    removeFrames: async () => {
      await written().remove()
      file = undefined
      return {}
    },
  }
}

function writeFrames(file: RecordFile, value: Uint8Array, job: WriteJob): void {
  const { records, batchRecords, isCopied, isChecked } = job
  const frame = new BareFrame(batchRecords * (LENGTH_BYTES + value.length))
  const fill = (): void => {
    for (let at = 0; at < batchRecords; at += 1) frame.append(value)
  }
  fill()
  const check = crc32(frame.bytes)
  for (let at = 0; at < records; at += batchRecords) {
    if (isCopied) {
      frame.clear()
      fill()
    }
    // All values are the same, so are all frames.
    if (isChecked && crc32(frame.bytes) !== check) throw new Error(`frame ${at} is another`)
    const bytes = Math.min(batchRecords, records - at) * (LENGTH_BYTES + value.length)
    file.write(frame.bytes.subarray(0, bytes))
  }
}

async function visit(records: number, sumOf: () => number): Promise<object> {
  let sum = 0
  const timing = await timed(() => {
    sum = sumOf()
    return Promise.resolve()
  })
  if (sum !== records * 0x2e) throw new Error(`${sum / 0x2e} of ${records} visited`)
  return timing
}
