// Opens a log and reads all of it, and says how often it had to wait for the disk in the event loop.
//
// Run as a process of its own, because what is counted is counted for a thread: major page faults of the
// first one, which in a test runner has other things to do. The data directory is the argument.

import { readFileSync } from 'node:fs'
import process from 'node:process'
import { openStore } from '@tailrace/core'

const [directory] = process.argv.slice(2)

/** Fields behind the name, which is in brackets and may hold anything. */
const MAJOR_FAULTS_FIELD = 9
const majorFaults = () => {
  const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[MAJOR_FAULTS_FIELD])
}

const store = await openStore(directory)
const before = majorFaults()
const log = await store.ensure('s')
const opening = majorFaults() - before
let records = 0
for await (const _ of log.read({ from: 'first' })) records += 1
const reading = majorFaults() - before - opening
await store.close()
process.send({ records, opening, reading })
process.disconnect()
