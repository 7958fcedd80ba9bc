/** A processor on which nothing is done: how late whoever waits for a moment is all the same. */
import { serveJobs, timed } from '../harness/actor.js'
import { latencyHistogram, quantiles } from '../harness/latency.js'

serveJobs(
  {
    /**
     * Looks at the clock all the time, for so long. What is due meanwhile is as late as the look that finds it:
     * the host took the processor away, or the kernel gave it to somebody else.
     */
    spin: async ({ seconds, recordsPerSecond }: { seconds: number; recordsPerSecond: number }) => {
      const histogram = latencyHistogram()
      const stepMs = 1000 / recordsPerSecond
      const timing = await timed(() => {
        const end = performance.now() + seconds * 1000
        let dueMs = performance.now()
        while (dueMs < end) {
          const now = performance.now()
          for (; dueMs <= now; dueMs += stepMs) {
            histogram.recordValue(Math.max(1, Math.round((now - dueMs) * 1000)))
          }
        }
        return Promise.resolve()
      })
      return { ...timing, ...quantiles(histogram) }
    },
  },
  () => Promise.resolve(),
)
