// Opens many streams in one store, writes to each, opens the store again, and says what that took.

import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { openStore } from '@tailrace/core'

const [directory, count, activeMappingsMax] = process.argv.slice(2)
const names = Array.from(
  { length: Number(count) },
  (_, at) => `stream-${String(at).padStart(5, '0')}`,
)
const options = { activeMappingsMax: Number(activeMappingsMax) }

const first = await openStore(directory, options)
for (const name of names) await (await first.ensure(name)).append({ value: `hello ${name}` })
const used = await usage()
await first.close()

const second = await openStore(directory, options)
let wrong = second.list().length === names.length ? 0 : 1
for (const name of names) {
  const log = await second.open(name)
  await log.append({ value: 'again' })
  const values = []
  for await (const { value } of log.read({ from: 'first' }))
    values.push(new TextDecoder().decode(value))
  if (values.join() !== `hello ${name},again`) wrong += 1
}
const reused = await usage()
await second.close()
process.send({ wrong, used, reused, left: await usage() })
process.disconnect()

/** Descriptors and mappings on the data directory. */
async function usage() {
  // A mapping is let go behind the collection of its buffer, in a turn of its own.
  for (let at = 0; at < 5; at += 1) {
    global.gc()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const maps = readFileSync('/proc/self/maps', 'utf8')
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    mappings: maps.split('\n').filter((line) => line.includes(directory)).length,
  }
}
