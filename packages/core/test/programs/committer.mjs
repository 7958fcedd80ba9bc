// Reads ahead, commits cursors behind, and says over IPC what was acknowledged. Run to be killed.

import process from 'node:process'
import { openStore } from '@tailrace/core'

const [directory] = process.argv.slice(2)
const RECORDS = 1000
/** How far the reader is ahead of what it commits. */
const READ_AHEAD = 10

const store = await openStore(directory)
const log = await store.ensure('read')
if (log.endOffset === 0) {
  await log.append(Array.from({ length: RECORDS }, (_, at) => ({ value: String(at) })))
}
await Promise.all(['a', 'b', 'c'].map(consume))

async function consume(name) {
  for (;;) {
    // Going back to the start when everything was read: going back is allowed.
    const stored = log.cursors.get(name)?.offset ?? 0
    const from = stored + READ_AHEAD >= RECORDS ? 0 : stored
    for await (const { offset } of log.read({ from })) {
      if (offset - from < READ_AHEAD) continue
      const current = log.cursors.get(name)?.generation ?? 0
      const next = offset - READ_AHEAD + 1
      process.send({ name, offset: next, isSent: true })
      const cursor = await log.cursors.commit(name, next, { expectedGeneration: current })
      process.send({ name, offset: cursor.offset, generation: cursor.generation })
    }
  }
}
