// Reads a stream of each data directory given, as a writer and as a follower, and says what came of it: the
// offsets, and the codes of the errors. A file that is shorter than something believes would end the process.

import process from 'node:process'
import { openStore, openStoreReadOnly } from '@tailrace/core'

const STREAM = 's'

async function outcomeOf(open) {
  const offsets = []
  const store = await open()
  try {
    const log = await store.open(STREAM)
    // By time, too: that is another way into the segments.
    log.offsetForTimestamp(1)
    for await (const { offset } of log.read({ from: 'first' })) offsets.push(offset)
    return { offsets }
  } catch (error) {
    return { offsets, code: error.code, details: error.details }
  } finally {
    await store.close()
  }
}

for (const root of process.argv.slice(2)) {
  const followed = await outcomeOf(() => openStoreReadOnly(root))
  const opened = await outcomeOf(() => openStore(root))
  process.send({ followed, opened })
}
process.disconnect()
