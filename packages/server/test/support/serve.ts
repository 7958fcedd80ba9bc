/** Servers for tests: on a store in memory, or on core's in a temporary directory. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { openStore, type Store } from '@tailrace/core'

import { startServer, type ServerOptions, type TailraceServer } from '../../src/index.js'
import { MemoryStore } from './memory-store.js'
import { Peer } from './peer.js'

type Options = Omit<Partial<ServerOptions>, 'store'>

/** A server and what it stands on, ended together. */
export interface TestServer<S> extends AsyncDisposable {
  readonly server: TailraceServer
  readonly store: S
  readonly url: string
  /** A peer that has said HELLO. */
  connect(): Promise<Peer>
}

/** A server on a store in memory. */
export async function serveMemory(options: Options = {}): Promise<TestServer<MemoryStore>> {
  return serve(new MemoryStore(), options, async () => undefined)
}

/** A server on core's store in a directory that goes with it. */
export async function serveCore(options: Options = {}): Promise<TestServer<Store>> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tailrace-server-'))
  const store = await openStore(directory)
  return serve(store, options, async () => {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  })
}

async function serve<S extends MemoryStore | Store>(
  store: S,
  options: Options,
  cleanUp: () => Promise<void>,
): Promise<TestServer<S>> {
  const server = await startServer({ store, port: 0, ...options })
  const peers: Peer[] = []
  return {
    server,
    store,
    url: server.url,
    async connect() {
      const peer = await Peer.connect(server.url)
      peers.push(peer)
      return peer
    },
    async [Symbol.asyncDispose]() {
      for (const peer of peers) peer.socket.terminate()
      await server.close({ graceMs: 0 })
      await cleanUp()
    },
  }
}
