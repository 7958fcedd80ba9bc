/** Programs of the tests: real processes, which use the built packages as any program does. */

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A child process that is killed at the end of the scope, if it did not end before. */
export interface Program extends AsyncDisposable {
  readonly process: ChildProcess
  /** Resolves with the exit code, null when it was killed. */
  readonly ended: Promise<number | null>
  /** Resolves when the process is gone. */
  kill(): Promise<void>
}

/** Starts `test/programs/<name>.mjs`; hands its messages to `onMessage`. */
export function startProgram(
  name: string,
  args: readonly string[],
  onMessage: (message: unknown) => void,
): Program {
  const path = fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url))
  // Without the test runner's own flags.
  const child = fork(path, [...args], { execArgv: [] })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  child.on('message', onMessage)
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  return { process: child, ended, kill, [Symbol.asyncDispose]: kill }
}

/** When a server is to kill itself: see `test/programs/serve.mjs`. */
export interface Death {
  readonly moment: 'never' | 'append' | 'durable'
  readonly count: number
}

/** A server in a process of its own, on a data directory that outlives it. */
export interface ServerProgram extends Program {
  readonly port: number
  /** Trims a stream or commits a cursor in the server; resolves with the outcome. */
  call(stream: string, call: 'trim' | 'commit', args: readonly unknown[]): Promise<CallOutcome>
  /** Ends it in good order; resolves with the exit code. */
  close(): Promise<number | null>
}

/** How a call within the server ended; an error as plain values. */
export interface CallOutcome {
  readonly reply?: unknown
  readonly error?: {
    readonly code: string
    readonly action: string
    readonly details: Readonly<Record<string, unknown>>
  }
}

/** Starts a server; resolves when it listens, or has killed itself before (`port` is then the given one). */
export async function startServerProgram(
  directory: string,
  port: number,
  death: Death = { moment: 'never', count: 0 },
): Promise<ServerProgram> {
  let onListening: (port: number) => void = () => undefined
  const listening = new Promise<number>((resolve) => {
    onListening = resolve
  })
  const args = [directory, String(port), JSON.stringify(death)]
  const program = startProgram('serve', args, (message) => {
    const { port: listensAt } = message as { readonly port?: number }
    if (listensAt !== undefined) onListening(listensAt)
  })
  const endedEarly = program.ended.then((code) => {
    if (code !== null) throw new Error(`the server ended with ${String(code)} before it listened`)
    return port
  })
  return {
    ...program,
    port: await Promise.race([listening, endedEarly]),
    async call(stream, call, callArgs) {
      program.process.send({ stream, call, args: callArgs })
      const [outcome] = (await once(program.process, 'message')) as [CallOutcome]
      return outcome
    },
    close() {
      program.process.send({ close: true })
      return program.ended
    },
  }
}
