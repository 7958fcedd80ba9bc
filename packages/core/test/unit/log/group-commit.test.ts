import { describe, expect, it } from 'vitest'
import { Slots } from '../../../src/io/slots.js'
import { GroupCommit } from '../../../src/log/group-commit.js'
import type { LogMark } from '../../../src/log/log-mark.js'
import { errorOf } from '../../support/errors.js'
import { fakeSegment } from '../../support/fake-segment.js'
import { ManualScheduler } from '../../support/manual-scheduler.js'

const segment = fakeSegment(0)

function markAt(offset: number): LogMark {
  return { offset, segment, position: offset, appendTimeUs: 0 }
}

/** A sync that was asked for and has not ended. */
interface PendingSync {
  readonly upTo: number
  succeed(): Promise<void>
  fail(error: Error): Promise<void>
}

/** A group commit over a log that is only a number, with syncs that end when the test says so. */
class Rig {
  readonly scheduler = new ManualScheduler()
  readonly commit: GroupCommit
  readonly syncs: PendingSync[] = []
  settledCount = 0
  end = 0

  constructor(delayMs: number, slots = new Slots(1)) {
    this.commit = new GroupCommit(
      {
        scheduler: this.scheduler,
        slots,
        delayMs,
        endMark: () => markAt(this.end),
        syncUpTo: (mark) => this.#sync(mark.offset),
        onSettled: () => {
          this.settledCount += 1
        },
      },
      markAt(0),
    )
  }

  append(count = 1): void {
    this.end += count
    this.commit.noteAppended()
  }

  /** The sync in flight; fails when there is none, or when there are two. */
  inFlight(): PendingSync {
    const [sync, second] = this.syncs
    if (sync === undefined || second !== undefined)
      throw new Error(`${String(this.syncs.length)} syncs`)
    return sync
  }

  #sync(upTo: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = async (settle: () => void): Promise<void> => {
        this.syncs.splice(0, 1)
        settle()
        await turns()
      }
      this.syncs.push({
        upTo,
        succeed: () => end(resolve),
        fail: (error) =>
          end(() => {
            reject(error)
          }),
      })
    })
  }
}

/** Lets promises that are settled be noticed. */
async function turns(): Promise<void> {
  for (let at = 0; at < 10; at += 1) await Promise.resolve()
}

describe('GroupCommit in fsync mode', () => {
  it('syncs once at the end of the turn, for all that the turn appended', async () => {
    const rig = new Rig(0)
    rig.append()
    rig.append()
    rig.append()
    expect(rig.syncs).toEqual([])
    rig.scheduler.endTurn()
    expect(rig.inFlight().upTo).toBe(3)
    expect(rig.commit.durable.offset).toBe(0)
    await rig.inFlight().succeed()
    expect(rig.commit.durable.offset).toBe(3)
    expect(rig.settledCount).toBe(1)
    expect(rig.scheduler.soonCount).toBe(0)
  })

  it('has one sync in flight; what is appended meanwhile rides the next one at once', async () => {
    const rig = new Rig(0)
    rig.append()
    rig.scheduler.endTurn()
    rig.append()
    rig.append()
    rig.scheduler.endTurn()
    expect(rig.inFlight().upTo).toBe(1)
    await rig.inFlight().succeed()
    expect(rig.commit.durable.offset).toBe(1)
    expect(rig.inFlight().upTo).toBe(3)
    await rig.inFlight().succeed()
    expect(rig.commit.durable.offset).toBe(3)
    expect(rig.syncs).toEqual([])
  })

  it('does not count as durable what came after the sync began', async () => {
    const rig = new Rig(0)
    rig.append()
    rig.scheduler.endTurn()
    rig.end = 100
    await rig.inFlight().succeed()
    expect(rig.commit.durable.offset).toBe(1)
  })

  it('flushes what was appended before the call, by riding if need be', async () => {
    const rig = new Rig(0)
    rig.append()
    rig.scheduler.endTurn()
    rig.append()
    let isFlushed = false
    const flushed = rig.commit.flush().then(() => {
      isFlushed = true
    })
    await rig.inFlight().succeed()
    expect(isFlushed).toBe(false)
    rig.append()
    await rig.inFlight().succeed()
    await flushed
    expect(rig.commit.durable.offset).toBe(2)
  })

  it('has nothing to flush when nothing was appended', async () => {
    const rig = new Rig(0)
    await rig.commit.flush()
    expect(rig.syncs).toEqual([])
  })

  it('is idle when no sync is in flight, riders included', async () => {
    const rig = new Rig(0)
    await rig.commit.idle()
    rig.append()
    rig.scheduler.endTurn()
    rig.append()
    let isIdle = false
    const idle = rig.commit.idle().then(() => {
      isIdle = true
    })
    await rig.inFlight().succeed()
    expect(isIdle).toBe(false)
    await rig.inFlight().succeed()
    await idle
  })
})

describe('GroupCommit in relaxed mode', () => {
  it('waits at most the interval, from the first append on', async () => {
    const rig = new Rig(100)
    rig.append()
    rig.scheduler.advance(99)
    rig.append()
    expect(rig.syncs).toEqual([])
    rig.scheduler.advance(1)
    expect(rig.inFlight().upTo).toBe(2)
    await rig.inFlight().succeed()
    expect(rig.scheduler.timerCount).toBe(0)
  })

  it('waits the interval again for what came during the sync', async () => {
    const rig = new Rig(100)
    rig.append()
    rig.scheduler.advance(100)
    rig.append()
    await rig.inFlight().succeed()
    expect(rig.syncs).toEqual([])
    rig.scheduler.advance(100)
    expect(rig.inFlight().upTo).toBe(2)
  })

  it('flushes at once and sets no second timer', async () => {
    const rig = new Rig(100)
    rig.append()
    const flushed = rig.commit.flush()
    expect(rig.inFlight().upTo).toBe(1)
    expect(rig.scheduler.timerCount).toBe(0)
    await rig.inFlight().succeed()
    await flushed
  })
})

describe('GroupCommit in a hurry', () => {
  it('does not wait for the interval', async () => {
    const rig = new Rig(100)
    rig.append()
    rig.commit.hurry()
    rig.scheduler.endTurn()
    expect(rig.inFlight().upTo).toBe(1)
    expect(rig.scheduler.timerCount).toBe(0)
    await rig.inFlight().succeed()
    rig.append()
    rig.scheduler.endTurn()
    expect(rig.syncs).toEqual([])
  })

  it('goes on right behind the commit in flight, once', async () => {
    const rig = new Rig(100)
    rig.append()
    rig.scheduler.advance(100)
    rig.append()
    rig.commit.hurry()
    rig.scheduler.endTurn()
    expect(rig.inFlight().upTo).toBe(1)
    await rig.inFlight().succeed()
    expect(rig.inFlight().upTo).toBe(2)
    rig.append()
    await rig.inFlight().succeed()
    expect(rig.syncs).toEqual([])
    expect(rig.scheduler.timerCount).toBe(1)
  })

  it('has nothing to do when nothing was appended', () => {
    const rig = new Rig(100)
    rig.commit.hurry()
    rig.scheduler.endTurn()
    expect(rig.syncs).toEqual([])
  })
})

describe('a failed sync', () => {
  it.each([1, 2, 3, 4, 5])('poisons for good when it is the sync number %i', async (failing) => {
    const rig = new Rig(0)
    for (let at = 1; at < failing; at += 1) {
      rig.append()
      rig.scheduler.endTurn()
      await rig.inFlight().succeed()
    }
    rig.append()
    rig.scheduler.endTurn()
    rig.append()
    const cause = new Error('EIO')
    await rig.inFlight().fail(cause)
    const durable = failing - 1
    expect(rig.commit.durable.offset).toBe(durable)
    expect(rig.commit.failure).toMatchObject({ code: 'STREAM_POISONED', cause })
    expect(rig.commit.failure?.details).toEqual({ durableOffset: durable })
    expect(rig.settledCount).toBe(failing)

    // Never retried: neither by appends, nor by time, nor by a flush.
    rig.append()
    rig.scheduler.endTurn()
    rig.scheduler.advance(100_000)
    await errorOf('STREAM_POISONED', rig.commit.flush())
    expect(rig.syncs).toEqual([])
    expect(rig.commit.durable.offset).toBe(durable)
  })

  it('rejects a flush that waits for it, and the flushes of riders', async () => {
    const rig = new Rig(0)
    rig.append()
    const first = rig.commit.flush()
    rig.append()
    const rider = rig.commit.flush()
    const failures = Promise.all([
      errorOf('STREAM_POISONED', first),
      errorOf('STREAM_POISONED', rider),
    ])
    await rig.inFlight().fail(new Error('EIO'))
    const [firstError, riderError] = await failures
    expect(firstError).toBe(riderError)
  })

  it('keeps the first cause', () => {
    const rig = new Rig(0)
    rig.commit.fail(new Error('first'))
    rig.commit.fail(new Error('second'))
    expect(rig.commit.failure?.cause).toMatchObject({ message: 'first' })
    expect(rig.settledCount).toBe(1)
  })

  it('does not count a sync that succeeds after the poisoning', async () => {
    const rig = new Rig(0)
    rig.append()
    rig.scheduler.endTurn()
    rig.commit.fail(new Error('a write failed'))
    await rig.inFlight().succeed()
    expect(rig.commit.durable.offset).toBe(0)
  })
})

describe('group commits of many streams', () => {
  it('take turns, and what is appended while one waits rides it', async () => {
    const slots = new Slots(1)
    const first = new Rig(0, slots)
    const second = new Rig(0, slots)
    for (const rig of [first, second]) {
      rig.append()
      rig.scheduler.endTurn()
    }
    await turns()
    expect(second.syncs).toHaveLength(0)
    second.append(4)
    await first.inFlight().succeed()
    expect(second.inFlight().upTo).toBe(5)
    await second.inFlight().succeed()
    expect(second.commit.durable.offset).toBe(5)
    expect(slots.used).toBe(0)
  })

  it('let the others go on when one fails, before or during its sync', async () => {
    const slots = new Slots(1)
    const rigs = [new Rig(0, slots), new Rig(0, slots), new Rig(0, slots)] as const
    for (const rig of rigs) {
      rig.append()
      rig.scheduler.endTurn()
    }
    rigs[1].commit.fail(new Error('a name could not be given'))
    await rigs[0].inFlight().fail(new Error('EIO'))
    expect(rigs[1].syncs).toHaveLength(0)
    expect(rigs[1].commit.durable.offset).toBe(0)
    await rigs[2].inFlight().succeed()
    expect(rigs[2].commit.durable.offset).toBe(1)
    expect(slots.used).toBe(0)
  })
})
