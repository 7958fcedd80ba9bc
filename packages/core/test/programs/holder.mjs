// Opens a data directory, says so over IPC, and holds it until it is told to close, or is killed.
//
// With a user id as the second argument it becomes that user first, if it may.

import process from 'node:process'
import { openStore } from '@tailrace/core'

const [directory, userId] = process.argv.slice(2)
if (userId !== undefined && process.getuid() === 0) {
  process.setgid(Number(userId))
  process.setuid(Number(userId))
}
try {
  const store = await openStore(directory)
  process.send({ opened: true })
  process.on('message', () => {
    void store.close().then(() => {
      process.disconnect()
    })
  })
} catch (error) {
  process.send({ code: error.code, message: error.message, details: error.details })
  process.disconnect()
}
