// A reader of a data directory that another process writes, as a program of its own.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { MappedStorage, openStoreReadOnly } from '@tailrace/core'
import { serveJobs, tell } from './serve-jobs.mjs'
import { faultOf, integers } from './values.mjs'

let store
let whole

serveJobs({
  async open({ directory, options }) {
    store = await openStoreReadOnly(directory, options)
    return { streams: store.list() }
  },

  /**
   * Follows from an offset until the record before `until`, or an error. Every record is compared with
   * what belongs there. Tells how far it is whenever it has read a whole run.
   */
  async follow({ stream, plan, from, until = Infinity }) {
    const log = await store.open(stream)
    let next = typeof from === 'number' ? from : log.resolveOffset(from)
    try {
      for await (const record of log.read({ from: next, follow: true })) {
        if (record.offset !== next) throw new Error(`offset ${record.offset} follows ${next - 1}`)
        const fault = plan === undefined ? undefined : faultOf(plan, record.offset, record.value)
        if (fault !== undefined) throw new Error(fault)
        next += 1
        if (next >= until) break
        if (next >= log.visibleOffset) tell({ news: 'followed', nextOffset: next })
      }
      return { nextOffset: next }
    } catch (error) {
      if (error.code === undefined) throw error
      return { nextOffset: next, code: error.code, details: error.details }
    }
  },

  /**
   * Reads without a pause, at the tail and at random places, and keeps every view it was ever given.
   * All of them are looked at again, to the last byte, each time the log has moved on.
   */
  async hammer({ stream, plan, until }) {
    const log = await store.open(stream)
    let fresh = await freshLog(stream)
    const draw = integers(plan.seed ^ process.pid)
    const tail = log.reader(log.startOffset)
    const views = []
    let sum = 0
    let overtaken = 0
    let looks = 0
    while (tail.nextOffset < until) {
      looks += 1
      // The event loop has to turn for messages only: reading does not need it.
      if (looks % 64 === 0) {
        tell({ news: 'looked', nextOffset: tail.nextOffset })
        await new Promise((resolve) => setImmediate(resolve))
      }
      // One that knows nothing yet opens segments that are just being cut.
      if (looks % 2 === 0) {
        await fresh.close()
        fresh = await freshLog(stream)
      }
      log.refresh()
      const run = guarded(() => tail.next(1024 * 1024))
      if (run === 'overtaken') {
        overtaken += 1
        tail.seek(log.startOffset)
        continue
      }
      if (run !== undefined) views.push(run.bytes)
      const { startOffset, visibleOffset } = log
      if (visibleOffset <= startOffset) continue
      const place = startOffset + draw(visibleOffset - startOffset)
      const recent = visibleOffset - 1 - draw(Math.min(200, visibleOffset - startOffset))
      guarded(() => fresh.reader(recent).next(1 + draw(200_000)))
      const piece = guarded(() => log.reader(place).next(1 + draw(200_000)))
      if (piece === undefined || piece === 'overtaken') continue
      views.push(piece.bytes)
      // The newest views and one old one: each was whole when it was given.
      for (const view of [...views.slice(-3), views[draw(views.length)]]) {
        for (let at = 0; at < view.length; at += 512) sum = (sum + view[at]) >>> 0
        sum = (sum + view[view.length - 1]) >>> 0
      }
      if (views.length > 3000) views.splice(0, 1500)
    }
    for (const view of views)
      for (let at = 0; at < view.length; at += 64) sum = (sum + view[at]) >>> 0
    return { nextOffset: tail.nextOffset, views: views.length, overtaken, looks, sum }
  },

  async describe({ stream }) {
    return (await store.open(stream)).describe()
  },

  /** The mappings and descriptors that this process has of files below the directory. */
  async holdings({ directory }) {
    const mappings = readFileSync('/proc/self/maps', 'utf8')
      .split('\n')
      .filter((line) => line.includes(directory))
      .map((line) => line.split(/ +/)[1])
    const descriptors = readdirSync('/proc/self/fd').filter((number) => {
      try {
        return readlinkSync(`/proc/self/fd/${number}`).startsWith(directory)
      } catch {
        return false
      }
    })
    return { mappings, descriptorCount: descriptors.length, userId: process.getuid() }
  },

  /** Maps a whole file, as no follower would use it. */
  mapWhole({ directory, path }) {
    whole = new MappedStorage(directory).open(path, 'read').bytes
    return { sizeBytes: whole.length, last: whole[whole.length - 1] }
  },

  /** Touches its last byte, which kills the process if the file was cut meanwhile. */
  touchLast() {
    return { last: whole[whole.length - 1] }
  },

  async close() {
    await store.close()
  },
})

/** The stream as a process sees it that has just been started. */
async function freshLog(stream) {
  const fresh = await openStoreReadOnly(store.directory)
  return fresh.open(stream)
}

function guarded(action) {
  try {
    return action()
  } catch (error) {
    if (error.code === 'OFFSET_OUT_OF_RANGE') return 'overtaken'
    throw error
  }
}
