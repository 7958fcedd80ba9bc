/**
 * A bug of ours ends the process, loudly, instead of leaving it in a state that nobody has thought of.
 *
 * In a process of its own, on the built package: an uncaught error cannot be looked at from within.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { FrameType } from '@tailrace/protocol'
import { expect, test } from 'vitest'

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))

/** A server whose store breaks in the given way when a client asks for a stream; and that client. */
function program(open: string): string {
  return `
    import { startServer } from '@tailrace/server'
    import { encodeControlFrame, FrameType } from '@tailrace/protocol'
    import { WebSocket } from 'ws'
    const store = { storeId: '0'.repeat(32), open: ${open} }
    const logger = { debug() {}, info() {}, warn() {}, error(message) { console.error(message) } }
    const server = await startServer({ store, port: 0, logger })
    const socket = new WebSocket(server.url, 'tailrace.v1')
    socket.on('open', () => {
      socket.send(encodeControlFrame(FrameType.HELLO, {}, { protocols: [1], client: 'test/1' }))
      socket.send(encodeControlFrame(FrameType.DESCRIBE, {}, { stream: 'orders' }))
    })
    socket.on('message', (data) => console.log('answered', data[0]))
  `
}

test.each([
  ['throws', '() => { throw new TypeError("broken invariant") }'],
  ['rejects', 'async () => { throw new TypeError("broken invariant") }'],
])('a store that %s something that is no error of the world ends the process', async (_, open) => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program(open)], {
    cwd: PACKAGE,
  })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => output.push(text))
  }
  const [exitCode] = (await once(child, 'close')) as [number]
  expect(exitCode).toBe(1)
  expect(output.join('')).toContain('a bug: the server ends')
  expect(output.join('')).toContain('TypeError: broken invariant')
  expect(output.join('')).not.toContain(`answered ${FrameType.ERROR}`)
})
