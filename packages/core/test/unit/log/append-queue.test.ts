import { describe, expect, it } from 'vitest'
import { AppendQueue } from '../../../src/log/append-queue.js'
import type { AppendResult } from '../../../src/index.js'
import { thrownBy } from '../../support/errors.js'

/** A log that is a list of batches; it has room when the test says so. */
class FakeTarget {
  readonly appended: Uint8Array[] = []
  isRelaxed = false
  durable = 0
  room = Infinity
  failure: Error | undefined
  #roomWaiters: { resolve: () => void; reject: (error: Error) => void }[] = []

  readonly durableOffset = (): number => this.durable

  hasRoomFor(batchLength: number): boolean {
    return batchLength <= this.room
  }

  makeRoom(): Promise<void> {
    return new Promise((resolve, reject) => this.#roomWaiters.push({ resolve, reject }))
  }

  appendBatch(batch: Uint8Array): AppendResult {
    if (this.failure !== undefined) throw this.failure
    this.room -= batch.length
    this.appended.push(batch)
    const endOffset = this.appended.length
    return { baseOffset: endOffset - 1, endOffset, isDuplicate: false }
  }

  async giveRoom(room: number): Promise<void> {
    this.room = room
    for (const { resolve } of this.#roomWaiters.splice(0)) resolve()
    await turns()
  }

  async refuseRoom(error: Error): Promise<void> {
    for (const { reject } of this.#roomWaiters.splice(0)) reject(error)
    await turns()
  }
}

async function turns(): Promise<void> {
  for (let at = 0; at < 20; at += 1) await Promise.resolve()
}

function rig(): { target: FakeTarget; queue: AppendQueue } {
  const target = new FakeTarget()
  return { target, queue: new AppendQueue(target) }
}

const batch = (length: number): Uint8Array => new Uint8Array(length)

describe('AppendQueue', () => {
  it('appends at once while there is room, and resolves when the mark reaches the batch', async () => {
    const { target, queue } = rig()
    const settled: number[] = []
    for (const at of [0, 1, 2]) {
      void queue.append(batch(8), {}).then(({ baseOffset }) => settled.push(baseOffset * 10 + at))
    }
    expect(target.appended.length).toBe(3)
    target.durable = 2
    queue.settle(2)
    await turns()
    expect(settled).toEqual([0, 11])
    queue.settle(3)
    await turns()
    expect(settled).toEqual([0, 11, 22])
  })

  it('resolves at once in relaxed mode', async () => {
    const { target, queue } = rig()
    target.isRelaxed = true
    expect(await queue.append(batch(8), {})).toEqual({
      baseOffset: 0,
      endOffset: 1,
      isDuplicate: false,
    })
  })

  it('keeps the order of calls while room is awaited, also for batches that would fit', async () => {
    const { target, queue } = rig()
    target.isRelaxed = true
    target.room = 16
    const lengths = [32, 8, 16, 8]
    const results = lengths.map((length) => queue.append(batch(length), {}))
    await turns()
    expect(target.appended).toEqual([])
    await target.giveRoom(64)
    expect((await Promise.all(results)).map(({ baseOffset }) => baseOffset)).toEqual([0, 1, 2, 3])
    expect(target.appended.map(({ length }) => length)).toEqual(lengths)
  })

  it('asks for room again when another took it', async () => {
    const { target, queue } = rig()
    target.isRelaxed = true
    target.room = 0
    const result = queue.append(batch(32), {})
    await turns()
    await target.giveRoom(8)
    expect(target.appended).toEqual([])
    await target.giveRoom(32)
    expect((await result).baseOffset).toBe(0)
  })

  it('refuses one append for want of room and goes on with the next', async () => {
    const { target, queue } = rig()
    target.isRelaxed = true
    target.room = 0
    const failed = thrownBy(queue.append(batch(32), {}))
    const next = queue.append(batch(8), {})
    await turns()
    await target.refuseRoom(new Error('no space'))
    expect(await failed).toMatchObject({ message: 'no space' })
    await target.giveRoom(8)
    expect((await next).baseOffset).toBe(0)
    expect(target.appended.length).toBe(1)
  })

  it('goes back to appending at once when nothing waits for room', async () => {
    const { target, queue } = rig()
    target.isRelaxed = true
    target.room = 0
    const waiting = queue.append(batch(8), {})
    await turns()
    await target.giveRoom(1000)
    await waiting
    void queue.append(batch(8), {})
    expect(target.appended.length).toBe(2)
  })

  it('rejects what the log refuses, in turn', async () => {
    const { target, queue } = rig()
    target.failure = new Error('closed')
    expect(await thrownBy(queue.append(batch(8), {}))).toBe(target.failure)
    target.room = 0
    const later = thrownBy(queue.append(batch(8), {}))
    await turns()
    await target.giveRoom(8)
    expect(await later).toBe(target.failure)
  })

  it('rejects all that wait for the mark when it can never come', async () => {
    const { queue } = rig()
    const failures = [1, 2].map(() => thrownBy(queue.append(batch(8), {})))
    const poison = new Error('poisoned')
    queue.fail(poison)
    expect(await Promise.all(failures)).toEqual([poison, poison])
  })

  it('rejects also what was appended in the very turn of the failure', async () => {
    const { target, queue } = rig()
    target.room = 0
    const outcome = thrownBy(queue.append(batch(8), {}))
    await turns()
    const append = target.appendBatch.bind(target)
    const poison = new Error('poisoned')
    target.appendBatch = (bytes) => {
      const result = append(bytes)
      // The sync that was in flight fails right behind the append.
      queueMicrotask(() => {
        queue.fail(poison)
      })
      return result
    }
    await target.giveRoom(8)
    await turns()
    const pending = Symbol('pending')
    expect(await Promise.race([outcome, turns().then(() => pending)])).toBe(poison)
  })

  it('is idle when nothing waits for room, whatever became of it', async () => {
    const { target, queue } = rig()
    await queue.idle()
    target.room = 0
    const failed = thrownBy(queue.append(batch(8), {}))
    let isIdle = false
    const idle = queue.idle().then(() => {
      isIdle = true
    })
    await turns()
    expect(isIdle).toBe(false)
    await target.refuseRoom(new Error('no space'))
    await idle
    expect(await failed).toBeInstanceOf(Error)
  })
})
