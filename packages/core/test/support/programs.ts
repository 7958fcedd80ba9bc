/** Programs of the tests: real processes, which use the built package as any program does. */

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A child process that is killed at the end of the scope, if it did not end before. */
export interface Program extends AsyncDisposable {
  readonly process: ChildProcess
  /** Resolves with the next message. @throws {Error} when the program ends instead. */
  message(): Promise<unknown>
  /** Resolves when the process is gone. */
  kill(): Promise<void>
  /** Resolves with the exit code, null when it was killed. */
  readonly ended: Promise<number | null>
}

/** Starts `test/programs/<name>.mjs`. */
export function startProgram(name: string, args: readonly string[]): Program {
  const path = fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url))
  // Without the test runner's own flags.
  const child = fork(path, [...args], { execArgv: ['--expose-gc'] })
  const messages: unknown[] = []
  const waiters: { resolve: (message: unknown) => void; reject: (error: Error) => void }[] = []
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  child.on('message', (message) => {
    const waiter = waiters.shift()
    if (waiter === undefined) messages.push(message)
    else waiter.resolve(message)
  })
  void ended.then((code) => {
    for (const { reject } of waiters) reject(new Error(`the program ended with ${String(code)}`))
  })
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  return {
    process: child,
    ended,
    kill,
    message() {
      const message = messages.shift()
      if (message !== undefined) return Promise.resolve(message)
      return new Promise((resolve, reject) => waiters.push({ resolve, reject }))
    },
    [Symbol.asyncDispose]: kill,
  }
}
