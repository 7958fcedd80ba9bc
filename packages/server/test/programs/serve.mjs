// A server as a process of its own that can be told to die in the middle of something.
//
// Arguments: the data directory, the port, and when to die, as `{ moment, count }` in JSON; a message of the
// same form says it later. The moments, of which the count-th is the last:
//   append   a batch was stored: it is in the log, neither synced nor acknowledged
//   durable  a sync was noted: on disk, its acknowledgements not sent yet
// Anything else: not by itself. The message `{ close: true }` ends it in good order; `{ stream, call, args }`
// does what the wire has no command for (`trim`, `commit`) and says how that ended. Says over IPC where it
// listens.

import process from 'node:process'
import { openStore } from '@tailrace/core'
import { startServer } from '@tailrace/server'

const [directory, port, deathAtStart] = process.argv.slice(2)
let death = JSON.parse(deathAtStart)

const store = await openStore(directory)
const watched = new WeakSet()
for (const method of ['ensure', 'open']) {
  const original = store[method].bind(store)
  store[method] = async (...args) => watch(await original(...args))
}
const server = await startServer({ store, host: '127.0.0.1', port: Number(port) })
process.send({ port: server.port })
process.on('message', (message) => {
  if (message.close) void end()
  else if (message.call) void call(message).then((reply) => process.send(reply))
  else death = message
})

// The test is over, or has failed.
process.on('disconnect', () => process.exit())

async function end() {
  await server.close()
  await store.close()
  process.disconnect()
}

async function call({ stream, call, args }) {
  try {
    const log = await store.open(stream)
    const reply = await (call === 'trim' ? log.trim(...args) : log.cursors.commit(...args))
    return { reply }
  } catch ({ code, action, message, details }) {
    return { error: { code, action, message, details } }
  }
}

/** Listens before the server does, so that it is dead before it could acknowledge anything. */
function watch(log) {
  if (watched.has(log)) return log
  watched.add(log)
  log.onDurable(() => pass('durable'))
  const appendBatch = log.appendBatch.bind(log)
  log.appendBatch = (...args) => {
    const result = appendBatch(...args)
    pass('append')
    return result
  }
  return log
}

function pass(moment) {
  if (moment !== death.moment) return
  death.count -= 1
  if (death.count === 0) process.kill(process.pid, 'SIGKILL')
}
