/** The real server on a store that the test holds in its hands, too, and clients of it. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { openStore, type Log, type LogReader, type Store } from '@tailrace/core'
import { startServer } from '@tailrace/server'
import { vi } from 'vitest'

import { connect, type Client } from '../../src/index.js'

export interface ServedStore extends AsyncDisposable {
  readonly store: Store
  readonly client: Client
}

/** Everything ends with the scope. */
export async function serveStore(): Promise<ServedStore> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tailrace-client-'))
  const served = await serveDirectory(directory)
  return {
    ...served,
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** As {@link serveStore}, on a data directory that is there and stays. */
export async function serveDirectory(directory: string): Promise<ServedStore> {
  const store = await openStore(directory)
  const server = await startServer({ store, port: 0 })
  const client = await connect(server.url)
  return {
    store,
    client,
    async [Symbol.asyncDispose]() {
      await client.close()
      await server.close({ graceMs: 0 })
      await store.close()
    },
  }
}

/** Counts how often the readers of a log are asked for more, from now on. */
export function countReads(log: Log): { readonly count: number } {
  const counted = { count: 0 }
  const open = log.reader.bind(log)
  vi.spyOn(log, 'reader').mockImplementation((offset) => {
    const reader: LogReader = open(offset)
    const next = reader.next.bind(reader)
    vi.spyOn(reader, 'next').mockImplementation((maxBytes) => {
      counted.count += 1
      return next(maxBytes)
    })
    return reader
  })
  return counted
}

/** Lets both ends take many turns with nothing to do: whoever spins is seen to. */
export async function idleTurns(client: Client, count = 100): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    await client.streams()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
