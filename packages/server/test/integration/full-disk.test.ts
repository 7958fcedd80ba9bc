/**
 * A server on a real filesystem that is filled to the last block while it is published to.
 *
 * The server is a process of its own: a store into a page without a block would end it with SIGBUS. What is
 * filled, and when, is in the names of the tests; everything that was acknowledged is read back at the end
 * of each, and in most of them while the disk is full.
 */

import { connect, raw, type Client, type Producer } from '@tailrace/client'
import type { TailraceError } from '@tailrace/format'
import { closeSync, openSync, writeSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'

import { startServerProgram, type ServerProgram } from '../support/programs.js'
import {
  findFilesystems,
  mountSmall,
  type FilesystemKind,
  type SmallFilesystem,
} from '../support/small-filesystem.js'

const FILESYSTEMS = await findFilesystems()
const RECONNECT = { baseMs: 4, maxMs: 40 }
const SEGMENT_BYTES_MAX = 512 * 1024
const VALUE_BYTES = 2000
/** More than all segment files that a stream has ready can hold. */
const MORE_THAN_READY = 1000

/** A publisher, and how many of its records were acknowledged. */
class Publisher {
  readonly name: string
  readonly producer: Producer<Uint8Array>
  sentCount = 0

  constructor(client: Client, name: string) {
    this.name = name
    const options = { name: `to-${name}`, bufferBytesMax: 64 * 1024 * 1024 }
    this.producer = client.stream(name, { codec: raw }).producer(options)
  }

  send(count: number): void {
    for (const end = this.sentCount + count; this.sentCount < end; this.sentCount += 1)
      this.producer.send(valueOf(this.name, this.sentCount))
  }

  /** Sends until the disk is full; resolves with the refusal. */
  async untilRefused(): Promise<TailraceError> {
    while (this.producer.refusal === undefined) {
      if (this.producer.acknowledgedCount === this.sentCount) this.send(20)
      await nextTurn()
    }
    return this.producer.refusal
  }
}

function valueOf(name: string, sequence: number): Uint8Array {
  const value = new Uint8Array(VALUE_BYTES).fill(sequence)
  value.set(new TextEncoder().encode(`${name} ${String(sequence)} `))
  return value
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Reads a stream to its end; fails when a record is not the one that was sent as the n-th. */
async function storedCount(client: Client, name: string): Promise<number> {
  let count = 0
  const records = client.stream(name, { codec: raw }).subscribe({ from: 'first', to: 'end' })
  for await (const { offset, value } of records) {
    if (offset !== count || Buffer.compare(value, valueOf(name, count)) !== 0)
      throw new Error(`offset ${String(offset)} of ${name} is not record ${String(count)}`)
    count += 1
  }
  return count
}

async function expectAcknowledgedStored(client: Client, ...publishers: Publisher[]): Promise<void> {
  for (const { name, producer } of publishers) {
    const { acknowledgedCount } = producer
    expect(await storedCount(client, name)).toBeGreaterThanOrEqual(acknowledgedCount)
  }
}

async function expectHealthy(port: number): Promise<void> {
  for (const path of ['live', 'ready']) {
    const { status } = await fetch(`http://127.0.0.1:${String(port)}/health/${path}`)
    expect(status).toBe(200)
  }
}

/** A server on a small filesystem with two streams, and a publisher to each. */
class World {
  readonly disk: SmallFilesystem
  server: ServerProgram
  readonly client: Client
  readonly orders: Publisher
  readonly metrics: Publisher

  private constructor(disk: SmallFilesystem, server: ServerProgram, client: Client) {
    this.disk = disk
    this.server = server
    this.client = client
    this.orders = new Publisher(client, 'orders')
    this.metrics = new Publisher(client, 'metrics')
  }

  static async create(kind: FilesystemKind): Promise<World> {
    const disk = await mountSmall(kind)
    const server = await startServerProgram(`${disk.path}/data`, 0)
    const url = `ws://127.0.0.1:${String(server.port)}`
    const client = await connect(url, { reconnect: RECONNECT, closeTimeoutMs: 0 })
    const segmentBytesMax = SEGMENT_BYTES_MAX
    await client.stream('orders').ensure({ durability: 'fsync', segmentBytesMax })
    await client.stream('metrics').ensure({ durability: 'relaxed', segmentBytesMax })
    const world = new World(disk, server, client)
    // Also when the test runs out of time.
    onTestFinished(() => world.end())
    return world
  }

  get publishers(): readonly Publisher[] {
    return [this.orders, this.metrics]
  }

  async restart(): Promise<void> {
    this.server = await startServerProgram(`${this.disk.path}/data`, this.server.port)
  }

  /** All that was sent is stored, each once, and the publishers are well. */
  async expectAllStored(): Promise<void> {
    for (const { name, producer, sentCount } of this.publishers) {
      await producer.flush()
      expect(producer.refusal).toBeUndefined()
      expect(await storedCount(this.client, name)).toBe(sentCount)
    }
  }

  async end(): Promise<void> {
    await this.client.close().catch(() => undefined)
    await this.server.kill()
    await this.disk[Symbol.asyncDispose]()
  }
}

describe.each(FILESYSTEMS)('a disk that is full to the last block ($kind)', ({ kind, missing }) => {
  if (missing !== undefined) {
    // Among the results, too: where none can be mounted nothing else is left of this file.
    it(`is NOT RUN: ${missing}`, ({ skip }) => {
      skip(missing)
    })
    return
  }

  it('refuses with numbers, serves readers, and goes on when space is freed', async () => {
    const world = await World.create(kind)
    const { disk, client, orders, metrics } = world
    const refusals = await Promise.all(
      world.publishers.map((publisher) => publisher.untilRefused()),
    )
    disk.fill()
    for (const error of refusals) {
      expect(error).toMatchObject({
        code: 'NO_SPACE',
        action: 'retry',
        details: { errno: 'ENOSPC', neededBytes: SEGMENT_BYTES_MAX },
      })
      expect(error.details['availableBytes']).toBeTypeOf('number')
    }
    await expectHealthy(world.server.port)
    await expectAcknowledgedStored(client, orders, metrics)
    // Sealed segments that were cut to size meanwhile have given blocks back.
    disk.fill()
    await expect(client.stream('new').ensure()).rejects.toMatchObject({ code: 'NO_SPACE' })
    const commit = await world.server.call('orders', 'commit', ['invoices', 3])
    // Or it finds a block that the filesystem kept back.
    if (commit.error !== undefined)
      expect(commit.error).toMatchObject({ code: 'NO_SPACE', action: 'retry' })
    expect(world.server.process.exitCode).toBeNull()
    disk.free()
    for (const publisher of world.publishers) publisher.send(MORE_THAN_READY)
    await world.expectAllStored()
    expect(await world.server.call('orders', 'commit', ['invoices', 3])).toHaveProperty('reply')
    await client.stream('new').ensure()
  })

  it('before the first segment: what is ready is filled, then refused, then goes on', async () => {
    const world = await World.create(kind)
    const { disk, client } = world
    disk.fill()
    await expect(client.stream('new').ensure()).rejects.toMatchObject({ code: 'NO_SPACE' })
    for (const publisher of world.publishers) {
      publisher.send(5)
      await publisher.producer.flush()
      await publisher.untilRefused()
      expect(publisher.producer.acknowledgedCount).toBeGreaterThan(5)
    }
    await expectAcknowledgedStored(client, ...world.publishers)
    disk.free()
    await world.expectAllStored()
  })

  it('while next segments are prepared, again and again', async () => {
    const world = await World.create(kind)
    for (let round = 0; round < 6; round += 1) {
      for (const publisher of world.publishers) publisher.send(100 + 70 * round)
      await world.orders.producer.open()
      for (let turn = 0; turn < 20 * round; turn += 1) await nextTurn()
      world.disk.fill()
      await Promise.all(world.publishers.map((publisher) => publisher.untilRefused()))
      await expectAcknowledgedStored(world.client, ...world.publishers)
      world.disk.free()
      await world.expectAllStored()
    }
  })

  it('is relieved by deleting a stream over the network', async () => {
    const world = await World.create(kind)
    const { client, disk, metrics, orders } = world
    await metrics.untilRefused()
    disk.fill()
    await orders.untilRefused()
    const failed = new Promise<TailraceError>((resolve) => metrics.producer.onError(resolve))
    await client.stream('metrics').delete()
    // Met between two attempts, or by one.
    expect((await failed).code).toMatch(/^STREAM_(NOT_FOUND|CLOSED)$/)
    orders.send(MORE_THAN_READY)
    await orders.producer.flush()
    expect(await storedCount(client, 'orders')).toBe(orders.sentCount)
  })

  it('is relieved by trimming a stream, although the new start has to be written down first', async () => {
    const world = await World.create(kind)
    const { client, disk, metrics, orders, server } = world
    await orders.untilRefused()
    disk.fill()
    await metrics.untilRefused()
    const { durableOffset } = await client.stream('orders').describe()
    expect(await server.call('orders', 'trim', [durableOffset])).toEqual({ reply: durableOffset })
    for (const publisher of world.publishers) publisher.send(1)
    for (const publisher of world.publishers) await publisher.producer.flush()
    expect(await storedCount(client, 'metrics')).toBe(metrics.sentCount)
  })

  it('keeps a stream with a torn tail waiting until there is space for the evidence', async () => {
    const world = await World.create(kind)
    const { client, disk, orders } = world
    // So few that no next segment is prepared yet: removed at the opening, it would leave room.
    orders.send(1)
    await orders.producer.flush()
    await world.server.kill()
    const segment = openSync(`${disk.path}/data/streams/orders/${'0'.repeat(20)}.log`, 'r+')
    writeSync(segment, 'half a batch', 60_000)
    closeSync(segment)
    disk.fill()
    await world.restart()
    await expect(client.stream('orders').describe()).rejects.toMatchObject({ code: 'NO_SPACE' })
    disk.free()
    orders.send(5)
    await world.expectAllStored()
  })

  it.each(['killed', 'closed'])(
    'is read by a server that was %s and started again',
    async (end) => {
      const world = await World.create(kind)
      const { client, disk } = world
      await Promise.all(world.publishers.map((publisher) => publisher.untilRefused()))
      disk.fill()
      if (end === 'killed') await world.server.kill()
      else expect(await world.server.close()).toBe(0)
      // What its end has freed is taken, too.
      disk.fill()
      await world.restart()
      await expectHealthy(world.server.port)
      await expectAcknowledgedStored(client, ...world.publishers)
      for (const publisher of world.publishers) await publisher.untilRefused()
      disk.free()
      for (const publisher of world.publishers) publisher.send(MORE_THAN_READY)
      await world.expectAllStored()
    },
  )
})
