/** The real server on a store in a temporary directory. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startServer, type TailraceServer } from '@tailrace/server'

export interface ServedReal extends AsyncDisposable {
  readonly server: TailraceServer
  readonly url: string
  readonly port: number
  readonly directory: string
}

export async function serveReal(): Promise<ServedReal> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tailrace-client-'))
  const server = await startServer({ store: directory, port: 0 })
  return {
    server,
    url: server.url,
    port: server.port,
    directory,
    async [Symbol.asyncDispose]() {
      await server.close({ graceMs: 0 })
      await rm(directory, { recursive: true, force: true })
    },
  }
}
