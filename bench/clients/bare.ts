/**
 * A client library that does the least that any has to which takes values and hands values out: bare `ws`,
 * and the copy, the promise or the array of each value. No batches, checksums, offsets, retries or credit.
 *
 * It does the same jobs, with the same checks, as the libraries of real systems. What a server behind it does
 * with the frames is a matter of the address: see actors/bare-records.ts.
 */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { BareFrame, LENGTH_BYTES } from './bare-frames.js'
import type { Driver, DriverConnection, DriverProducer, ReadWay, Sink } from './driver.js'

/** As large as a producer's default batch. */
const FRAME_BYTES = 64 * 1024
/** Queued in the process: more makes it slower. */
const QUEUED_BYTES_MAX = 2 ** 20

export const bare: Driver = {
  async connect(address): Promise<DriverConnection> {
    const socket = new WebSocket(address, { perMessageDeflate: false, maxPayload: 2 ** 27 })
    await once(socket, 'open')
    const close = (): Promise<void> => {
      socket.terminate()
      return Promise.resolve()
    }
    return {
      ensure: () => Promise.resolve(),
      remove: () => Promise.resolve(),
      count: () => Promise.resolve(undefined),
      producer: () => Promise.resolve(new BareProducer(socket)),
      async read(_stream, sink, way = 'values') {
        socket.once('close', () => sink.fail(new Error('the connection has ended')))
        await new Promise<void>((resolve) => {
          // In the turn of the answer: frames may have come with it.
          socket.once('message', () => {
            READ[way](socket, sink)
            resolve()
          })
          socket.send('read')
        })
        return { close }
      },
      close,
    }
  },
}

/** Copies values into one frame, and counts what the server says that it has. */
class BareProducer implements DriverProducer {
  readonly #socket: WebSocket
  readonly #frame = new BareFrame(FRAME_BYTES)
  #sentCount = 0
  #sentBytes = 0
  #acknowledgedCount = 0
  #wake: (() => void) | undefined
  /** Who waits for the values of the frame that is being filled. */
  #callers: (() => void)[] = []
  /** Who waits for those of the frames that were sent. */
  readonly #waiting: (() => void)[][] = []

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (reply: Buffer, isBinary) => {
      if (isBinary) this.#settle(reply.readUInt32LE(0))
    })
  }

  get acknowledgedCount(): number {
    return this.#acknowledgedCount
  }

  send(value: Uint8Array): boolean {
    const isFull = !this.#frame.hasRoomFor(value.length)
    if (isFull) this.#sendFrame()
    this.#frame.append(value)
    this.#sentCount += 1
    return !isFull || this.#socket.bufferedAmount <= QUEUED_BYTES_MAX
  }

  ready(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      this.#onWritten()
    })
  }

  async flush(): Promise<void> {
    this.#sendFrame()
    this.#socket.send('flush')
    const [reply] = (await once(this.#socket, 'message')) as [Buffer]
    const { receivedBytes } = JSON.parse(reply.toString()) as { receivedBytes: number }
    if (receivedBytes !== this.#sentBytes) {
      throw new Error(`${receivedBytes} of ${this.#sentBytes} bytes have come`)
    }
    this.#acknowledgedCount = this.#sentCount
  }

  publish(value: Uint8Array): Promise<unknown> {
    if (!this.#frame.hasRoomFor(value.length)) this.#sendFrame()
    // After everybody who publishes in this turn.
    if (this.#frame.isEmpty) queueMicrotask(this.#sendFrame)
    this.#frame.append(value)
    return new Promise<void>((resolve) => {
      this.#callers.push(resolve)
    })
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  readonly #sendFrame = (): void => {
    if (this.#frame.isEmpty) return
    const { bytes } = this.#frame
    this.#sentBytes += bytes.length
    // `ws` masks into a copy of its own, so that the frame can be filled again at once.
    this.#socket.send(bytes, this.#onWritten)
    this.#frame.clear()
    if (this.#callers.length === 0) return
    this.#waiting.push(this.#callers)
    this.#callers = []
  }

  readonly #onWritten = (): void => {
    if (this.#wake === undefined || this.#socket.bufferedAmount > QUEUED_BYTES_MAX / 2) return
    this.#wake()
    this.#wake = undefined
  }

  /** The server has a frame of so many values. */
  #settle(count: number): void {
    const callers = this.#waiting.shift() ?? []
    if (callers.length !== count) throw new Error(`${count} of ${callers.length} values have come`)
    this.#acknowledgedCount += count
    for (const resolve of callers) resolve()
  }
}

const READ: Record<ReadWay, (socket: WebSocket, sink: Sink) => void> = {
  values: handOutViews,
  // `ws` has no memory that it could use again.
  lent: handOutViews,
  records(socket, sink) {
    const values = new AwaitedValues()
    socket.on('message', (frame: Buffer) => values.push(frame))
    const take = async (): Promise<void> => {
      for await (const value of values) sink.take(value)
    }
    take().catch((error: unknown) => sink.fail(error as Error))
  },
  'in place'(socket, sink) {
    socket.on('message', (frame: Buffer) => {
      const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
      for (let at = 0; at < frame.length;) {
        const start = at + LENGTH_BYTES
        at = start + view.getUint32(at, true)
        sink.takeAt(frame, start, at)
      }
    })
  },
}

function handOutViews(socket: WebSocket, sink: Sink): void {
  socket.on('message', (frame: Buffer) => {
    const { buffer, byteOffset, length } = frame
    const view = new DataView(buffer, byteOffset, length)
    for (let at = 0; at < length;) {
      const valueLength = view.getUint32(at, true)
      sink.take(new Uint8Array(buffer, byteOffset + at + LENGTH_BYTES, valueLength))
      at += LENGTH_BYTES + valueLength
    }
  })
}

type Next = IteratorResult<Uint8Array, undefined>

/** The values of frames one at a time, each with a promise: what `for await` cannot do without. */
class AwaitedValues implements AsyncIterableIterator<Uint8Array> {
  readonly #frames: Buffer[] = []
  #frame: Buffer = Buffer.alloc(0)
  #view: DataView = new DataView(new ArrayBuffer(0))
  #at = 0
  #wake: ((next: Promise<Next>) => void) | undefined

  push(frame: Buffer): void {
    this.#frames.push(frame)
    const wake = this.#wake
    this.#wake = undefined
    wake?.(this.next())
  }

  next(): Promise<Next> {
    if (this.#at === this.#frame.length && !this.#openFrame()) {
      return new Promise((resolve) => {
        this.#wake = resolve
      })
    }
    const { buffer, byteOffset } = this.#frame
    const start = this.#at + LENGTH_BYTES
    const valueLength = this.#view.getUint32(this.#at, true)
    this.#at = start + valueLength
    return Promise.resolve({
      value: new Uint8Array(buffer, byteOffset + start, valueLength),
      done: false,
    })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #openFrame(): boolean {
    const frame = this.#frames.shift()
    if (frame === undefined) return false
    this.#frame = frame
    this.#view = new DataView(frame.buffer, frame.byteOffset, frame.length)
    this.#at = 0
    return true
  }
}
