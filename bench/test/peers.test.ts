/**
 * The servers of other systems, as far as they are installed: started, used and stopped, they leave no
 * process and no open port behind. Nobody else's processes are looked at.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PEERS } from '../peers/index.js'
import { PEER_NAMES } from '../peers/peer.js'
import { cpuSecondsOf, descendants, isAlive } from '../peers/process-table.js'
import { ServerProcess } from '../peers/server-process.js'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bench-peers-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

describe.each(PEER_NAMES.map((name) => PEERS[name]))('$name', (peer) => {
  const version = peer.version()
  if (version === undefined) {
    process.stdout.write(
      `! ${peer.name} is not installed (apt-get install ${peer.package}): NOT tested\n`,
    )
  }

  it.skipIf(version === undefined)(
    `starts and stops without a trace (${version ?? 'not installed'})`,
    async () => {
      expect(version).toMatch(/^\d+\.\d+\.\d+/)
      const server = await peer.start(directory)
      const pids = server.pids.flatMap((pid) => [pid, ...descendants(pid)])
      try {
        await open(server.address)
        expect(pids.length).toBeGreaterThanOrEqual(server.pids.length)
        expect(pids.every(isAlive)).toBe(true)
      } finally {
        await server.stop()
      }
      expect(pids.filter(isAlive)).toEqual([])
      await expect(open(server.address)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    },
    120_000,
  )
})

describe('a server process', () => {
  it('is stopped together with what it started, and only that', async () => {
    const bystander = new ServerProcess(sleeper())
    const server = new ServerProcess({
      program: '/bin/sh',
      words: ['-c', 'sleep 1000 & setsid sleep 1000 & wait'],
      outputFile: join(directory, 'output.log'),
    })
    try {
      await expect.poll(() => descendants(server.pid).length).toBe(2)
      const pids = [server.pid, ...descendants(server.pid)]
      await server.stop()
      expect(pids.filter(isAlive)).toEqual([])
      expect(isAlive(bystander.pid)).toBe(true)
    } finally {
      await bystander.stop()
    }
    expect(isAlive(bystander.pid)).toBe(false)
  })

  it('is charged with the processor time of what it started', async () => {
    const server = new ServerProcess({
      program: '/bin/sh',
      words: ['-c', '(while :; do :; done) & wait'],
      outputFile: join(directory, 'output.log'),
    })
    try {
      await expect.poll(() => cpuSecondsOf([server.pid]), { timeout: 20_000 }).toBeGreaterThan(0.1)
    } finally {
      await server.stop()
    }
    expect(cpuSecondsOf([server.pid])).toBe(0)
  })

  it('says what it printed when it ends instead of listening', async () => {
    const server = new ServerProcess({
      program: '/bin/sh',
      words: ['-c', 'echo no such configuration; exit 3'],
      outputFile: join(directory, 'output.log'),
    })
    await expect(server.listens(1)).rejects.toThrow('no such configuration')
  })

  function sleeper(): ConstructorParameters<typeof ServerProcess>[0] {
    return {
      program: '/bin/sh',
      words: ['-c', 'exec sleep 1000'],
      outputFile: join(directory, 'sleeper.log'),
    }
  }
})

async function open(address: string): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.destroy()
}
