/**
 * What the bare server does with frames of records, by the path of the address:
 *
 * - `/relay` writes each frame into the file that was prepared, if one was, and sends it to everybody who
 *   reads there: publishing to disk, and to subscribers, with no log.
 * - `/echo` answers each frame with the number of its values.
 * - `/records?records=…&sizeBytes=…` sends so many numbered values to who reads.
 */
import type { WebSocket } from 'ws'
import { BareFrame, LENGTH_BYTES, countValues } from '../clients/bare-frames.js'
import { RecordTemplate } from '../clients/record.js'
import type { RecordFile } from './record-file.js'

/** As large as a producer's default batch. */
const FRAME_BYTES = 64 * 1024
/** Queued for one reader before whoever publishes has to wait: what a log would have on its disk. */
const RELAYED_BYTES_MAX = 8 * 2 ** 20
const QUEUED_BYTES_MAX = 2 ** 20

/** Those who publish to and read from `/relay`. */
export class Relay {
  /** Where frames are written, while there is one. */
  file: RecordFile | undefined
  readonly #readers = new Set<WebSocket>()

  serve(socket: WebSocket): void {
    let receivedBytes = 0
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) {
        receivedBytes += data.length
        this.file?.write(data)
        for (const reader of this.#readers) send(data, { from: socket, to: reader })
      } else if (data.toString() === 'read') {
        this.#readers.add(socket)
        socket.on('close', () => this.#readers.delete(socket))
        socket.send('reading')
      } else {
        socket.send(JSON.stringify({ receivedBytes }))
      }
    })
  }
}

/** Sends a frame on; a source that is too far ahead of somebody is not read meanwhile. */
function send(data: Buffer, { from, to }: { from: WebSocket; to: WebSocket }): void {
  if (to.bufferedAmount <= RELAYED_BYTES_MAX) {
    to.send(data)
    return
  }
  from.pause()
  to.send(data, () => from.resume())
}

/** Serves `/echo`. */
export function echoCounts(socket: WebSocket): void {
  socket.on('message', (data: Buffer) => {
    const count = Buffer.alloc(4)
    count.writeUInt32LE(countValues(data))
    socket.send(count)
  })
}

/** Serves `/records`. */
export function sendRecordsTo(socket: WebSocket, what: Records): void {
  socket.on('message', () => {
    socket.send('reading')
    void sendRecords(socket, what)
  })
}

interface Records {
  readonly records: number
  readonly sizeBytes: number
}

/** Numbered values, at most about 1 MiB of them queued in the process. */
async function sendRecords(socket: WebSocket, { records, sizeBytes }: Records): Promise<void> {
  const idle: NumberedFrame[] = []
  for (let number = 0; number < records;) {
    const frame = idle.pop() ?? new NumberedFrame(sizeBytes)
    const bytes = frame.from(number, records)
    number += frame.capacity
    const isFull = socket.bufferedAmount > QUEUED_BYTES_MAX
    await new Promise<void>((resolve) => {
      let isTaken = false
      socket.send(bytes, () => {
        if (!isTaken) idle.push(frame)
        resolve()
      })
      // The kernel has it already: one frame serves for most of them, and stays in the cache.
      isTaken = socket.bufferedAmount === 0
      if (isTaken) idle.push(frame)
      if (!isFull) resolve()
    })
  }
}

/** A frame whose values differ in nothing but their numbers. */
class NumberedFrame {
  /** Values. */
  readonly capacity: number
  readonly #frame = new BareFrame(FRAME_BYTES)
  readonly #recordBytes: number

  constructor(sizeBytes: number) {
    const { value } = new RecordTemplate(sizeBytes)
    while (this.#frame.hasRoomFor(sizeBytes)) this.#frame.append(value)
    this.#recordBytes = LENGTH_BYTES + sizeBytes
    this.capacity = this.#frame.bytes.length / this.#recordBytes
  }

  /** The values from this number on, up to the end of the frame or to `end`. */
  from(number: number, end: number): Buffer {
    const count = Math.min(this.capacity, end - number)
    const bytes = this.#frame.bytes.subarray(0, count * this.#recordBytes)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let at = 0; at < count; at += 1) {
      view.setUint32(at * this.#recordBytes + LENGTH_BYTES, number + at, true)
    }
    return bytes
  }
}
