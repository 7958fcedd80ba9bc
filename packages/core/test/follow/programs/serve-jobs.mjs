// The end of a program to which a test speaks: jobs come in as messages, answers and news go out.

/** Answers every message `{ id, job, parameters }` by calling `jobs[job](parameters)`. */
export function serveJobs(jobs) {
  process.on('message', ({ id, job, parameters }) => {
    Promise.resolve()
      .then(() => jobs[job](parameters))
      .then(
        (answer) => process.send({ id, answer }),
        (error) =>
          process.send({ id, error: { message: String(error?.stack), code: error?.code } }),
      )
  })
  // Whoever asked is gone: nothing is left to do.
  process.on('disconnect', () => process.exit(0))
  tell({ news: 'ready' })
}

/** Tells the test something that it did not ask for. */
export function tell(news) {
  process.send(news)
}
