/** A client library as the jobs of an actor use it: the same jobs for every system. */

/** Ours; other systems have one kind of stream, whose acknowledgement means what they say. */
export type Durability = 'fsync' | 'relaxed'

/** A client library. */
export interface Driver {
  /** Connects to a server whose actor gave this address. */
  connect(address: string): Promise<DriverConnection>
}

/** A connection of its own. */
export interface DriverConnection {
  /** Makes the stream unless it is there. */
  ensure(stream: string, durability: Durability): Promise<void>
  remove(stream: string): Promise<void>
  /** Records in the stream, or undefined where the server does not say. */
  count(stream: string): Promise<number | undefined>
  /** `busyPolling` for who waits for each record; libraries without it ignore it. */
  producer(stream: string, options?: ProducerSettings): Promise<DriverProducer>
  /**
   * Hands out the values from the stream's first record on, then those that are published, until closed.
   * Resolves when the server knows of the subscription. Libraries that have one way ignore `way`.
   */
  read(stream: string, sink: Sink, way?: ReadWay): Promise<DriverReader>
  close(): Promise<void>
}

/**
 * How records reach the application: from batches, value by value; the same from batches that are lent to it;
 * one at a time, as a whole; or where they lie in a lent batch, with no object for any of them.
 */
export type ReadWay = 'values' | 'lent' | 'records' | 'in place'

/** How a producer waits. */
export interface ProducerSettings {
  readonly busyPolling?: boolean | undefined
}

/** Who reads. */
export interface Sink {
  /** One record's value, valid during the call. Does not throw. */
  readonly take: (value: Uint8Array) => void
  /** The same, as a range of these bytes. */
  readonly takeAt: (bytes: Uint8Array, start: number, end: number) => void
  /** The reading came to an end by itself. */
  readonly fail: (error: Error) => void
}

export interface DriverReader {
  close(): Promise<void>
}

export interface DriverProducer {
  /** Records that the server has acknowledged. */
  readonly acknowledgedCount: number
  /** Takes a record, whose bytes may change afterwards. False: wait for `ready` before the next. */
  send(value: Uint8Array): boolean
  ready(): Promise<void>
  /** Resolves when everything is acknowledged. */
  flush(): Promise<void>
  /** Resolves when this record is acknowledged. */
  publish(value: Uint8Array): Promise<unknown>
  close(): Promise<void>
}
