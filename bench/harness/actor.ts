/** The other end of an actor process: jobs by name, answered over the channel to the parent. */

import { leaveSignalsToParent } from './interruption.js'

/** What an actor can do. */
export type Jobs = Record<string, (parameters: never) => Promise<object>>

interface Request {
  readonly id: number
  readonly job: string
  readonly parameters: never
}

/** Answers requests until the parent lets go, then runs `close` and ends the process. */
export function serveJobs(jobs: Jobs, close: () => Promise<void>): void {
  leaveSignalsToParent()
  process.on('message', (message) => {
    void answer(jobs, message as Request)
  })
  process.on('disconnect', () => {
    void close().finally(() => process.exit())
  })
  process.send?.({ ready: true })
}

async function answer(jobs: Jobs, { id, job, parameters }: Request): Promise<void> {
  try {
    const run = jobs[job]
    if (run === undefined) throw new Error(`there is no job ${job}`)
    send({ id, answer: await run(parameters) })
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    send({ id, error: text })
  }
}

/** The parent may have gone meanwhile; then this process is closing, and there is nobody to tell. */
function send(message: object): void {
  if (process.connected) process.send?.(message)
}

/** Wall and processor seconds of some work in this process. */
export interface Timing {
  readonly seconds: number
  readonly cpuSeconds: number
}

/** Runs the work and times it. */
export async function timed(work: () => Promise<void>): Promise<Timing> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { seconds, cpuSeconds: (user + system) / 1e6 }
}
