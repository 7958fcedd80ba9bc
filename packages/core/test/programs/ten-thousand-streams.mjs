// Opens a store with many small streams, appends to all of them at once, and says what that took.
//
// The streams are copies of one that a store made: a copy of a stream's directory is a stream of its own.
// What it says is what Linux says of this process, and what the storage saw.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { MappedStorage, openStore } from '@tailrace/core'

const [directory, count, activeMappingsMax] = process.argv.slice(2)
const names = Array.from({ length: Number(count) }, (_, at) => `s-${at}`)
const HELD = names[Math.floor(names.length / 2)]
const storage = observedStorage()
const figures = {}

await copyStreams()
collect()
const before = memory()
const store = await timed('openStoreMs', () =>
  openStore(directory, { storage, activeMappingsMax: Number(activeMappingsMax) }),
)
const outcome = await useStreams()
await timed('closeMs', () => store.close())
await settled()
const { syncs, syncsInFlightMax } = storage
const closed = { ...held(), ...memory() }
process.send({ before, ...outcome, closed, syncs, syncsInFlightMax, figures })
process.disconnect()

/**
 * All that is done with the streams: what a frame holds goes when it returns. The top level of a module holds
 * its own to the end, and with it, now and then, every log.
 */
async function useStreams() {
  const logs = await timed('openStreamsMs', async () => {
    const opened = []
    for (const name of names) opened.push(await store.open(name))
    return opened
  })
  await settled()
  const opened = { ...held(), ...memory() }

  let acknowledged = 0
  let acknowledgedWhileHeld = 0
  storage.hold(HELD)
  const appends = logs.map((log) =>
    log.append({ value: log.name }).then(() => {
      acknowledged += 1
      if (acknowledged < names.length - 1) return
      // All but the one whose sync is held, and only then is that let go.
      if (storage.isHolding) acknowledgedWhileHeld = acknowledged
      storage.letGo()
    }),
  )
  await timed('appendMs', () => Promise.all(appends))
  const some = logs.filter((_, at) => at % 10 === 0)
  await Promise.all(some.map((log) => log.append({ value: `${log.name} again` })))
  await settled()
  const used = { ...held(), ...memory() }
  const wrong = await wrongAmong(some)
  await settled()
  return { opened, used, read: { ...held(), ...memory() }, wrong, acknowledgedWhileHeld }
}

/** How many of the streams do not hold what was appended to them. */
async function wrongAmong(logs) {
  let wrong = 0
  for (const log of logs) {
    const values = []
    for await (const { value } of log.read({ from: 'first' }))
      values.push(Buffer.from(value).toString())
    if (values.join() !== `${log.name},${log.name} again`) wrong += 1
  }
  return wrong
}

async function copyStreams() {
  const first = await openStore(directory)
  await timed('createMs', () => first.ensure('template'))
  await first.delete('template')
  await first.ensure('template')
  await first.close()
  const template = join(directory, 'streams', 'template')
  const files = readdirSync(template).map((name) => [name, readFileSync(join(template, name))])
  for (const name of names) {
    mkdirSync(join(directory, 'streams', name))
    for (const [file, bytes] of files) writeFileSync(join(directory, 'streams', name, file), bytes)
  }
}

/** The real storage, which counts syncs, and holds those of one stream while it is told to. */
function observedStorage() {
  const inner = new MappedStorage(directory)
  const seen = { syncs: 0, syncsInFlight: 0, syncsInFlightMax: 0, isHolding: false }
  let heldName
  let open
  let opened
  return Object.assign(seen, {
    hold(name) {
      heldName = name
      opened = new Promise((resolve) => (open = resolve))
    },
    letGo() {
      heldName = undefined
      open()
    },
    ...Object.fromEntries(
      ['list', 'createDirectory', 'syncDirectory', 'rename', 'remove', 'removeTree'].map((name) => [
        name,
        (...args) => inner[name](...args),
      ]),
    ),
    readFile: (path) => inner.readFile(path),
    writeFile: (path, content) => inner.writeFile(path, content),
    resize: (path, sizeBytes) => inner.resize(path, sizeBytes),
    create: async (path, sizeBytes) => observed(path, await inner.create(path, sizeBytes)),
    open: (path, mode) => observed(path, inner.open(path, mode)),
  })

  function observed(path, file) {
    return {
      bytes: file.bytes,
      wrote: (start, end) => file.wrote(start, end),
      close: () => file.close(),
      async sync() {
        seen.syncs += 1
        seen.syncsInFlight += 1
        seen.syncsInFlightMax = Math.max(seen.syncsInFlightMax, seen.syncsInFlight)
        if (heldName !== undefined && path.includes(`/${heldName}/`)) {
          seen.isHolding = true
          await opened
          seen.isHolding = false
        }
        await file.sync()
        seen.syncsInFlight -= 1
      },
    }
  }
}

/** Descriptors and mappings on the data directory, as Linux counts them. */
function held() {
  const maps = readFileSync('/proc/self/maps', 'utf8')
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    mappings: maps.split('\n').filter((line) => line.includes(directory)).length,
  }
}

function memory() {
  const { rss, heapUsed } = process.memoryUsage()
  return { rss, heapUsed }
}

/** A mapping is let go behind the collection of its buffer, in a turn of its own. */
async function settled() {
  for (let at = 0; at < 5; at += 1) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function collect() {
  global.gc()
}

async function timed(name, work) {
  const start = performance.now()
  const result = await work()
  figures[name] = Math.round(performance.now() - start)
  return result
}
