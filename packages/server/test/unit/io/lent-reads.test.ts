/** Reading into memory that is used again, on real sockets. */

import { once } from 'node:events'
import { connect, createServer, Socket, type AddressInfo } from 'node:net'

import { afterEach, expect, test } from 'vitest'

import { LentReads } from '../../../src/io/lent-reads.js'

const opened: { destroy(): void }[] = []
afterEach(() => {
  for (const each of opened.splice(0)) each.destroy()
})

/** Both ends of a connection; the first is an accepted one. */
async function pair(): Promise<{ accepted: Socket; peer: Socket }> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [accepted] = (await once(server, 'connection')) as [Socket]
  server.close()
  opened.push(accepted, peer)
  return { accepted, peer }
}

/** Lends memory to the socket and says what comes, as long as nobody waits for more. */
function lend(reads: LentReads, socket: Socket) {
  const views: Buffer[] = []
  const pieces: string[] = []
  let tell: () => void = () => undefined
  const isLent = reads.lendTo(socket, (bytes) => {
    views.push(bytes)
    pieces.push(bytes.toString())
    tell()
    return true
  })
  socket.resume()
  const heard = async (text: string): Promise<void> => {
    while (pieces.join('') !== text) await new Promise<void>((resolve) => (tell = resolve))
  }
  return { isLent, views, pieces, heard }
}

test('an accepted socket of this Node reads into lent memory', async () => {
  const { accepted, peer } = await pair()
  const { isLent, heard } = lend(new LentReads(), accepted)
  expect(isLent).toBe(true)
  peer.write('one')
  await heard('one')
})

test('all sockets read into the same memory', async () => {
  const reads = new LentReads()
  const [first, second] = [await pair(), await pair()]
  const [one, two] = [lend(reads, first.accepted), lend(reads, second.accepted)]
  first.peer.write('first')
  await one.heard('first')
  second.peer.write('other')
  await two.heard('other')
  expect(two.views[0]?.buffer).toBe(one.views[0]?.buffer)
  expect(one.views[0]?.toString()).toBe('other')
})

test('what is pushed goes to the listeners of data, what is read does not', async () => {
  const { accepted, peer } = await pair()
  const data: string[] = []
  accepted.on('data', (chunk: Buffer) => data.push(chunk.toString()))
  new LentReads().lendTo(accepted, (bytes) => accepted.push(bytes.toString().toUpperCase()))
  peer.end('quiet')
  await once(accepted, 'end')
  expect(data).toEqual(['QUIET'])
})

test('reads nothing while it is paused, and everything afterwards', async () => {
  const { accepted, peer } = await pair()
  const { pieces, heard } = lend(new LentReads(), accepted)
  accepted.pause()
  const text = 'x'.repeat(500_000)
  const isTaken = new Promise((resolve) => peer.write(text, resolve))
  await new Promise((resolve) => setImmediate(resolve))
  expect(pieces).toEqual([])
  accepted.resume()
  await heard(text)
  await isTaken
})

test('a listener that returns false ends the reading until it is resumed', async () => {
  const { accepted, peer } = await pair()
  const pieces: string[] = []
  const first = new Promise<void>((resolve) => {
    new LentReads().lendTo(accepted, (bytes) => {
      pieces.push(bytes.toString())
      resolve()
      return pieces.length > 1
    })
  })
  accepted.resume()
  peer.write('a')
  await first
  peer.end('b')
  accepted.pause()
  expect(pieces).toEqual(['a'])
  accepted.resume()
  await once(accepted, 'end')
  expect(pieces).toEqual(['a', 'b'])
})

test('hears the end and the closing like any other socket', async () => {
  const { accepted, peer } = await pair()
  const { pieces } = lend(new LentReads(), accepted)
  peer.end('last')
  await once(accepted, 'end')
  expect(pieces).toEqual(['last'])
  await once(accepted, 'close')
})

test('leaves a socket alone that has no machinery for it', async () => {
  expect(new LentReads().lendTo(new Socket(), () => true)).toBe(false)
  const { accepted, peer } = await pair()
  const reads = new LentReads()
  expect(reads.lendTo(accepted, () => true)).toBe(true)
  // In use already.
  expect(reads.lendTo(accepted, () => true)).toBe(false)
  const { accepted: other, peer: otherPeer } = await pair()
  const buffer = Object.getOwnPropertySymbols(other).find((each) => each.description === 'kBuffer')
  if (buffer === undefined) throw new Error('this Node keeps no buffer')
  ;(other as unknown as Record<symbol, unknown>)[buffer] = undefined
  expect(reads.lendTo(other, () => true)).toBe(false)
  otherPeer.write('as ever')
  const [chunk] = (await once(other, 'data')) as [Buffer]
  expect(chunk.toString()).toBe('as ever')
  peer.destroy()
})
